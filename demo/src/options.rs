//! What may be asked of the demonstration.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A province in a box: tablets, a relay and headquarters, over real QUIC on this machine.
#[derive(Debug, Parser)]
#[command(name = "khettara-demo", version, about)]
pub struct Command {
    /// Another thing to do than telling the story.
    #[command(subcommand)]
    pub act: Option<Act>,
    /// The story's numbers.
    #[command(flatten)]
    pub story: StoryOptions,
}

/// What else the demonstration can do.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Print invented households with a visit each, as the lines that `khettara import` reads.
    Generate {
        /// How many households.
        #[arg(long, default_value_t = 100)]
        households: u32,
        /// The same seed invents the same families.
        #[arg(long, default_value_t = 2026)]
        seed: u64,
    },
}

/// The story's numbers.
#[derive(Debug, Clone, Args)]
pub struct StoryOptions {
    /// Households in the province; their shares per commune are those of the census.
    #[arg(long, default_value_t = 1_200, value_parser = clap::value_parser!(u32).range(1..=90_107))]
    pub households: u32,
    /// Tablets; each commune is served by two of them.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=200))]
    pub tablets: u16,
    /// Days in the field.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub days: u16,
    /// The same seed tells the same story.
    #[arg(long, default_value_t = 2026)]
    pub seed: u64,
    /// Where everything is kept; a folder that an earlier story made is replaced.
    #[arg(long, default_value = "demo-province")]
    pub dir: PathBuf,
    /// Say nothing while it goes on; the last line is one object.
    #[arg(long)]
    pub json: bool,
}
