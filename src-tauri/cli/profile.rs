//! `profile`.

use clap::Subcommand;

use super::out::{plain, table};
use super::{Context, Done};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Every profile
    List,
    /// Make a profile
    Create {
        /// Name of the business
        name: String,
    },
    /// Give a profile another name
    Rename {
        /// The profile
        name: String,
        /// Its new name
        new: String,
    },
    /// Delete a profile with all its data
    Remove {
        /// The profile
        name: String,
        /// Really delete it
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(context: &Context<'_>, command: &Command) -> Done {
    let app = context.app()?;
    match command {
        Command::List => {
            let profiles = app.profiles()?;
            context.out.answer(&profiles, || {
                if profiles.is_empty() {
                    return "There is no profile yet. The first import or connection makes one.".into();
                }
                let rows: Vec<Vec<String>> = profiles
                    .iter()
                    .map(|p| {
                        vec![
                            p.name.clone(),
                            p.id.clone(),
                            if p.demo { "demo".into() } else { String::new() },
                        ]
                    })
                    .collect();
                table(&["Profile", "Folder", ""], &rows)
            })
        }
        Command::Create { name } => {
            let profile = app.create_profile(name, false)?;
            let info = profile.info().clone();
            context
                .out
                .answer(&info, || format!("Made profile “{}”.", plain(&info.name)))
        }
        Command::Rename { name, new } => {
            app.rename_profile(name, new)?;
            context.out.answer(&serde_json::json!({ "name": new }), || {
                format!("Profile “{name}” is now “{new}”.")
            })
        }
        Command::Remove { name, yes } => {
            if !yes {
                return Err(countinghouse_core::app::ApiError::invalid(
                    format!("removing “{name}” deletes all its data, raw records included"),
                    "Add --yes if you mean it.",
                ));
            }
            app.remove_profile(name)?;
            context.out.answer(&serde_json::json!({ "removed": name }), || {
                format!("Removed profile “{name}”.")
            })
        }
    }
}
