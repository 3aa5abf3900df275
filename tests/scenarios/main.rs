//! Stories. Each file is one sentence that must be true.

mod a_visit_reaches_headquarters;
