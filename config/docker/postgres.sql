-- Run once, when docker-compose.yml makes the database: a role that may replicate and read one table, a publication, and
-- three rows to find. The role's password is the default of FRESHET_DB_PASSWORD there; choose another for anything real.

CREATE ROLE freshet LOGIN REPLICATION PASSWORD 'freshet';

CREATE TABLE articles (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title    text NOT NULL,
    body     text NOT NULL,
    category text,
    status   text NOT NULL DEFAULT 'published');

INSERT INTO articles (title, body, category) VALUES
    ('How long does a refund take?', 'We send the money back within two days. Your bank may need **5-10 business days** to show it.', 'billing'),
    ('Where is my parcel?', 'Follow the link in the message that we sent when it left. A parcel that has not moved for a week is searched for.', 'delivery'),
    ('How do I change my password?', 'Choose *Settings*, then *Security*. A link to confirm the change comes by mail.', 'account');

GRANT SELECT ON articles TO freshet;
CREATE PUBLICATION freshet FOR TABLE articles WITH (publish_via_partition_root = true);
