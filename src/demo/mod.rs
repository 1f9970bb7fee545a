//! `bantin demo`.
use anyhow::Result;

#[derive(clap::Args)]
pub struct DemoArgs {}

pub async fn run(_args: DemoArgs) -> Result<()> {
    anyhow::bail!("not yet")
}
