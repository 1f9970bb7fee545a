//! The web door: feeds from memory with validators, the pages to confirm and to leave, health.
