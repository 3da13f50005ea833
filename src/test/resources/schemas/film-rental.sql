-- A video shop in the manner of the well-known sample database: domains, enums, arrays, full-text vectors, composite keys,
-- a partitioned table, views.
CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE DOMAIN year AS integer CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE TABLE language (
    language_id serial PRIMARY KEY, name character(20) NOT NULL, last_update timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE category (
    category_id serial PRIMARY KEY, name text NOT NULL, last_update timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE actor (
    actor_id serial PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL,
    last_update timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE film (
    film_id serial PRIMARY KEY, title text NOT NULL, description text, release_year year,
    language_id integer NOT NULL REFERENCES language, original_language_id integer REFERENCES language,
    rental_duration smallint DEFAULT 3 NOT NULL, rental_rate numeric(4,2) DEFAULT 4.99 NOT NULL, length smallint,
    replacement_cost numeric(5,2) DEFAULT 19.99 NOT NULL, rating mpaa_rating DEFAULT 'G',
    last_update timestamp with time zone DEFAULT now() NOT NULL, special_features text[], fulltext tsvector NOT NULL);
CREATE TRIGGER film_fulltext_trigger BEFORE INSERT OR UPDATE ON film FOR EACH ROW
    EXECUTE FUNCTION tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');
CREATE TABLE film_actor (
    actor_id integer NOT NULL REFERENCES actor, film_id integer NOT NULL REFERENCES film,
    last_update timestamp with time zone DEFAULT now() NOT NULL, PRIMARY KEY (actor_id, film_id));
CREATE TABLE film_category (
    film_id integer NOT NULL REFERENCES film, category_id integer NOT NULL REFERENCES category,
    last_update timestamp with time zone DEFAULT now() NOT NULL, PRIMARY KEY (film_id, category_id));
CREATE TABLE customer (
    customer_id serial PRIMARY KEY, store_id integer NOT NULL, first_name text NOT NULL, last_name text NOT NULL, email text,
    activebool boolean DEFAULT true NOT NULL, create_date date DEFAULT CURRENT_DATE NOT NULL, active integer);
CREATE TABLE payment (
    payment_id serial, customer_id integer NOT NULL, staff_id integer NOT NULL, amount numeric(5,2) NOT NULL,
    payment_date timestamp with time zone NOT NULL, PRIMARY KEY (payment_date, payment_id)) PARTITION BY RANGE (payment_date);
CREATE TABLE payment_p2022_01 PARTITION OF payment FOR VALUES FROM ('2022-01-01') TO ('2022-02-01');
CREATE TABLE payment_p2022_02 PARTITION OF payment FOR VALUES FROM ('2022-02-01') TO ('2022-03-01');
CREATE VIEW film_list AS SELECT f.film_id, f.title, f.description, c.name AS category
    FROM film f JOIN film_category fc USING (film_id) JOIN category c USING (category_id);
INSERT INTO language (name) VALUES ('English'), ('Italian'), ('Japanese');
INSERT INTO category (name) VALUES ('Action'), ('Documentary'), ('Comedy');
INSERT INTO actor (first_name, last_name) VALUES ('PENELOPE', 'GUINESS'), ('NICK', 'WAHLBERG'), ('ED', 'CHASE');
INSERT INTO film (title, description, release_year, language_id, rating, length, special_features)
SELECT title, description, 2006, 1, rating::mpaa_rating, length, features FROM (VALUES
    ('ACADEMY DINOSAUR', 'An epic drama of a feminist and a mad scientist who must battle a teacher in the Canadian Rockies', 'PG', 86, '{Deleted Scenes,Behind the Scenes}'::text[]),
    ('ACE GOLDFINGER', 'An astounding epistle of a database administrator and an explorer who must find a car in ancient China', 'G', 48, '{Trailers,Deleted Scenes}'),
    ('ADAPTATION HOLES', 'An astounding reflection of a lumberjack and a car who must sink a lumberjack in a baloon factory', 'NC-17', 50, '{Trailers}'),
    ('AFFAIR PREJUDICE', 'A fanciful documentary of a frisbee and a lumberjack who must chase a monkey in a shark tank', 'G', 117, NULL),
    ('AFRICAN EGG', 'A fast-paced documentary of a pastry chef and a dentist who must pursue a forensic psychologist in the Gulf of Mexico', 'G', 130, '{Deleted Scenes}'),
    ('AGENT TRUMAN', 'An intrepid panorama of a robot and a boy who must escape a sumo wrestler in ancient China', 'PG', 169, '{Deleted Scenes}')
    ) AS films (title, description, rating, length, features);
INSERT INTO film_actor (actor_id, film_id) VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO film_category (film_id, category_id) VALUES (1, 1), (2, 2);
INSERT INTO customer (store_id, first_name, last_name, email, active) VALUES (1, 'MARY', 'SMITH', 'mary.smith@example.org', 1);
INSERT INTO payment (customer_id, staff_id, amount, payment_date) VALUES (1, 1, 2.99, '2022-01-25 10:00+00'), (1, 1, 0.99, '2022-02-15 10:00+00');
