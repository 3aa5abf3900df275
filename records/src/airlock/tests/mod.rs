//! Airlock, told as stories: what honest devices write passes, what no honest device writes stays outside.

mod ancestors;
mod dice;
mod editing;
mod honest;
mod hostile;
mod limits;
mod mutations;
mod press;
mod rehearsals;

pub(crate) use editing::edited;
