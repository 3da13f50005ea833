-- An issue tracker of an application with an ORM: UUID keys, quoted camelCase names, a schema of its own, enums, jsonb,
-- tenants, soft deletes, tables without keys, names that need quotes, and a table of the same name in two schemas.
CREATE SCHEMA tracker;
CREATE SCHEMA archive;
CREATE TYPE tracker."IssueStatus" AS ENUM ('open', 'in_progress', 'closed');
CREATE TYPE tracker."IssueType" AS ENUM ('incident', 'task', 'feature');
CREATE TABLE tracker."Organization" (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text NOT NULL, slug text NOT NULL UNIQUE, "billingEmail" text, "createdAt" timestamptz DEFAULT now() NOT NULL);
CREATE TABLE tracker."Issue" (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY, "organizationId" uuid NOT NULL, "projectId" uuid, iid integer NOT NULL, title varchar(255) NOT NULL, "descriptionMarkdown" text,
    status tracker."IssueStatus" DEFAULT 'open' NOT NULL, type tracker."IssueType" DEFAULT 'task' NOT NULL, labels text[] DEFAULT '{}' NOT NULL, "customFields" jsonb DEFAULT '{}' NOT NULL,
    "isConfidential" boolean DEFAULT false NOT NULL, weight numeric, "dueDate" date, "createdAt" timestamptz DEFAULT now() NOT NULL, "updatedAt" timestamptz DEFAULT now() NOT NULL,
    "deletedAt" timestamptz, "authorId" uuid, "searchVector" tsvector GENERATED ALWAYS AS (to_tsvector('english', title)) STORED);
CREATE TABLE tracker."IssueComment" (
    "issueId" uuid NOT NULL, "commentNo" integer NOT NULL, "organizationId" uuid NOT NULL, body text NOT NULL, "isInternal" boolean DEFAULT false NOT NULL,
    "createdAt" timestamptz DEFAULT now() NOT NULL, reactions jsonb, PRIMARY KEY ("issueId", "commentNo"));
CREATE TABLE tracker."ApiKey" (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, "organizationId" uuid NOT NULL, name text NOT NULL, "tokenHash" text NOT NULL, "lastUsedAt" timestamptz);
CREATE TABLE tracker."_IssueToLabel" ("A" uuid NOT NULL, "B" uuid NOT NULL);
CREATE TABLE tracker."audit log" (at timestamptz NOT NULL, message text NOT NULL);
CREATE TABLE archive."Issue" (id bigint PRIMARY KEY, title text NOT NULL, body text NOT NULL);
CREATE TABLE public.schema_migrations (version varchar PRIMARY KEY);
INSERT INTO tracker."Organization" (id, name, slug, "billingEmail") VALUES
    ('11111111-1111-4111-8111-111111111111', 'Northwind', 'northwind', 'billing@example.org'), ('22222222-2222-4222-8222-222222222222', 'Contoso', 'contoso', NULL);
INSERT INTO tracker."Issue" (id, "organizationId", iid, title, "descriptionMarkdown", status, type, labels, "deletedAt") VALUES
    ('a0000000-0000-4000-8000-000000000001', '11111111-1111-4111-8111-111111111111', 1, 'Login page loops after the session has expired', E'## Steps\n\n1. Stay idle for an hour\n2. Click anything\n\nThe browser is sent back to the **login page** again and again.', 'open', 'incident', '{auth,regression}', NULL),
    ('a0000000-0000-4000-8000-000000000002', '11111111-1111-4111-8111-111111111111', 2, 'Export the monthly report as a spreadsheet', E'Finance asks for *xlsx* beside csv, with one sheet for each cost centre.', 'in_progress', 'feature', '{reports}', NULL),
    ('a0000000-0000-4000-8000-000000000003', '22222222-2222-4222-8222-222222222222', 1, 'Rotate the certificates of the gateway', NULL, 'closed', 'task', '{}', NULL),
    ('a0000000-0000-4000-8000-000000000004', '22222222-2222-4222-8222-222222222222', 2, 'Duplicate of another one that was removed', 'Nothing to see here any more, really.', 'closed', 'task', '{}', now());
INSERT INTO tracker."IssueComment" ("issueId", "commentNo", "organizationId", body) VALUES
    ('a0000000-0000-4000-8000-000000000001', 1, '11111111-1111-4111-8111-111111111111', 'The cookie is set for the wrong path; a redirect strips it again.'),
    ('a0000000-0000-4000-8000-000000000001', 2, '11111111-1111-4111-8111-111111111111', 'Fixed on the staging system, please try it there.'),
    ('a0000000-0000-4000-8000-000000000002', 1, '11111111-1111-4111-8111-111111111111', 'Each cost centre should get a sheet of its own, named after it.');
INSERT INTO tracker."ApiKey" ("organizationId", name, "tokenHash") VALUES ('11111111-1111-4111-8111-111111111111', 'ci', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9');
INSERT INTO tracker."_IssueToLabel" VALUES (gen_random_uuid(), gen_random_uuid());
INSERT INTO tracker."audit log" VALUES (now(), 'somebody signed in from a new device');
INSERT INTO archive."Issue" VALUES (1, 'Printer on the second floor', 'It jams whenever somebody prints more than ten pages at once.');
INSERT INTO public.schema_migrations VALUES ('20240101000000');
