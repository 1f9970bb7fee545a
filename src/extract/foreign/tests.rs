//! Feeds of others through the one door.
