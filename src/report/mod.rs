//! What is written: one renderer a file, and the text rules they share.
//!
//! Renderers compute nothing and take a writer. JSON has serialisation types of its own, so that
//! inner names may change without changing a file format.

pub mod exchange_json;
pub mod report_json;
pub mod text;
