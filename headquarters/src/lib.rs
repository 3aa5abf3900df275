//! Headquarters: the registrar of people and keys, the puller, the maker of datasets.

pub mod organisation;
