-- A discussion board as large forum software has it: raw and cooked Markdown, counters, soft deletes, jsonb, arrays, inet,
-- join tables with composite keys, one without any key.
CREATE TABLE users (
    id serial PRIMARY KEY, username varchar(60) NOT NULL, created_at timestamp NOT NULL, name varchar, seen_notification_id bigint DEFAULT 0 NOT NULL,
    email varchar(513), password_hash varchar(64), salt varchar(32), active boolean DEFAULT false NOT NULL, admin boolean DEFAULT false NOT NULL,
    trust_level integer NOT NULL, ip_address inet, flair_group_id integer);
CREATE TABLE categories (
    id serial PRIMARY KEY, name varchar(50) NOT NULL, color varchar(6) DEFAULT '0088CC' NOT NULL, slug varchar NOT NULL, description text,
    topic_count integer DEFAULT 0 NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, read_restricted boolean DEFAULT false NOT NULL);
CREATE TABLE topics (
    id serial PRIMARY KEY, title varchar NOT NULL, last_posted_at timestamp, created_at timestamp NOT NULL, updated_at timestamp NOT NULL,
    views integer DEFAULT 0 NOT NULL, posts_count integer DEFAULT 0 NOT NULL, user_id integer, last_post_user_id integer NOT NULL, reply_count integer DEFAULT 0 NOT NULL,
    deleted_at timestamp, highest_post_number integer DEFAULT 0 NOT NULL, like_count integer DEFAULT 0 NOT NULL, category_id integer, visible boolean DEFAULT true NOT NULL,
    closed boolean DEFAULT false NOT NULL, archetype varchar DEFAULT 'regular' NOT NULL, slug varchar, excerpt text, fancy_title varchar, score double precision, tags varchar[]);
CREATE TABLE posts (
    id serial PRIMARY KEY, user_id integer, topic_id integer NOT NULL, post_number integer NOT NULL, raw text NOT NULL, cooked text NOT NULL, created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL, reply_to_post_number integer, reply_count integer DEFAULT 0 NOT NULL, deleted_at timestamp, like_count integer DEFAULT 0 NOT NULL,
    score double precision, post_type integer DEFAULT 1 NOT NULL, hidden boolean DEFAULT false NOT NULL, word_count integer, locale varchar(20), raw_email text, via_email boolean DEFAULT false NOT NULL);
CREATE TABLE topic_tags (id serial PRIMARY KEY, topic_id integer NOT NULL, tag_id integer NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE post_search_data (post_id integer PRIMARY KEY, search_data tsvector, raw_data text, locale varchar, version integer DEFAULT 0);
CREATE TABLE user_stats (user_id integer PRIMARY KEY, topics_entered integer DEFAULT 0 NOT NULL, days_visited integer DEFAULT 0 NOT NULL);
CREATE TABLE post_timings (topic_id integer NOT NULL, post_number integer NOT NULL, user_id integer NOT NULL, msecs integer NOT NULL);
CREATE TABLE post_actions (post_id integer, user_id integer, kind integer, deleted_at timestamp, PRIMARY KEY (post_id, user_id, kind));
CREATE TABLE site_settings (id serial PRIMARY KEY, name varchar NOT NULL, data_type integer NOT NULL, value text, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE plugin_store_rows (id serial PRIMARY KEY, plugin_name varchar NOT NULL, key varchar NOT NULL, type_name varchar NOT NULL, value jsonb);
INSERT INTO users (username, created_at, name, email, password_hash, salt, trust_level, ip_address) VALUES
    ('ada', '2024-01-02 10:00', 'Ada', 'ada@example.org', '9f86d081884c7d659a2feaa0c55ad015', 'c4ca4238a0b92382', 4, '10.0.0.7'),
    ('linus', '2024-01-03 10:00', 'Linus', 'linus@example.org', '60303ae22b998861bce3b28f33eec1be', 'c81e728d9d4c2f63', 2, '10.0.0.8');
INSERT INTO categories (name, slug, description, created_at, updated_at) VALUES
    ('Support', 'support', 'Ask here when something does not work as you expected it to.', now(), now()),
    ('Announcements', 'announcements', 'News of releases and of planned maintenance windows.', now(), now());
INSERT INTO topics (title, created_at, updated_at, last_post_user_id, category_id, slug, excerpt, tags, deleted_at) VALUES
    ('Emails are not delivered after the upgrade', now(), now(), 1, 1, 'emails-are-not-delivered', 'Since the upgrade no notification reaches our members.', '{email,upgrade}', NULL),
    ('How do I restore a backup on a new server?', now(), now(), 2, 1, 'how-do-i-restore', 'I moved to another host and want the old content back.', '{backup}', NULL),
    ('Spam spam spam', now(), now(), 2, 1, 'spam', 'Buy cheap watches now at this place.', NULL, now());
INSERT INTO posts (user_id, topic_id, post_number, raw, cooked, created_at, updated_at, deleted_at, raw_email) VALUES
    (1, 1, 1, E'Since the upgrade **no notification** is delivered.\n\n## What I tried\n\n- restarted the container\n- looked at the Sidekiq queue\n\n```\nNet::SMTPAuthenticationError\n```', '<p>Since the upgrade <strong>no notification</strong> is delivered.</p>', now(), now(), NULL, NULL),
    (2, 1, 2, E'The mail provider needs an app password now.\n\n1. Make one in its settings\n2. Put it into the *SMTP* section of your configuration', '<p>The mail provider needs an app password now.</p>', now(), now(), NULL, NULL),
    (2, 2, 1, E'Upload the archive on the backups page, then choose **Restore**. See [the guide](https://example.org/restore).', '<p>Upload the archive on the backups page.</p>', now(), now(), NULL, NULL),
    (2, 3, 1, 'Buy cheap watches at our shop before they are all gone!', '<p>Buy cheap watches</p>', now(), now(), now(), NULL);
INSERT INTO topic_tags (topic_id, tag_id, created_at, updated_at) VALUES (1, 1, now(), now());
INSERT INTO post_search_data VALUES (1, to_tsvector('upgrade notification'), 'upgrade notification', 'en', 1);
INSERT INTO user_stats VALUES (1, 3, 9), (2, 1, 1);
INSERT INTO post_timings VALUES (1, 1, 2, 5000);
INSERT INTO post_actions VALUES (1, 2, 2, NULL);
INSERT INTO site_settings (name, data_type, value, created_at, updated_at) VALUES ('title', 1, 'Our board', now(), now());
INSERT INTO plugin_store_rows (plugin_name, key, type_name, value) VALUES ('poll', 'x', 'JSON', '{"a": 1}');
