//! Architecture: reads the source tree, the manifests and the documents, and says which line left its room.
//!
//! Every rule is a function from a tree to its breaches, so each is tried twice: on a small bad example made
//! in memory, which it has to find, and on this repository, where it must find nothing. A rule about files
//! that are not there yet holds.

mod arrows;
mod budgets;
mod documents;
mod only_here;
mod packages;
mod paths;
mod rule;
mod source;
mod tree;
mod words;
