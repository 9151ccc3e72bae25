//! What is written: one renderer a file, and the text rules they share.
//!
//! Renderers compute nothing and take a writer. JSON has serialisation types of its own, so that
//! inner names may change without changing a file format.

mod browsers;
mod chain_json;
mod changed;
pub mod crack_text;
pub mod decode_json;
pub mod decode_terminal;
mod document;
pub mod exchange_json;
mod hops;
pub mod html;
mod index;
pub mod jar;
mod json_line;
mod layout;
mod lessons;
pub mod live;
mod lives;
pub mod markdown;
pub mod phrase;
mod pretty;
pub mod report_json;
mod session_json;
pub mod summary;
mod teller;
pub mod terminal;
pub mod text;
pub mod timeline;
mod told;
mod tree;
pub mod walkthrough;
pub mod why;
pub mod why_json;
pub(crate) mod words;
