//! Airlock, told as stories: what honest devices write passes, what no honest device writes stays outside.

mod dice;
mod editing;
mod honest;
mod hostile;
mod mutations;
mod press;

pub(crate) use editing::edited;
