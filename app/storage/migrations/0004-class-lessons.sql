-- A class may be held on a lesson.

ALTER TABLE class ADD COLUMN lesson TEXT NOT NULL DEFAULT '';
