//! `profile`.

use clap::{Args, Subcommand, ValueEnum};
use countinghouse_core::api::security::place_text;
use countinghouse_core::app::{ApiError, App, CostPolicy, ProfileInfo};
use countinghouse_core::auth::vault::{KeptIn, PASSPHRASE_VARIABLE};
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Zone;
use serde_json::json;

use super::out::{plain, table};
use super::secret::{NEW_PASSPHRASE_VARIABLE, current_passphrase, new_passphrase};
use super::{Context, Done};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Every profile, and how it is protected
    List,
    /// Make a profile
    Create {
        /// Name of the business
        #[arg(value_parser = called)]
        name: String,
    },
    /// Make a profile the one that opens by itself, without --profile
    Use {
        /// The profile
        name: String,
    },
    /// Give a profile another name
    Rename {
        /// The profile
        name: String,
        /// Its new name
        #[arg(value_parser = called)]
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
    /// How a profile counts: shows it, or changes what is given
    Set(SetArguments),
    /// Close a profile under a passphrase, for every process, until it is unlocked
    ///
    /// Windows that have it open forget its key, work on it stops, and no command opens it, those with the passphrase in their
    /// environment included. A profile that opens with the system's keyring needs a passphrase first.
    Lock(Which),
    /// Take the lock off again, with the passphrase
    ///
    /// The passphrase comes from COUNTINGHOUSE_PASSPHRASE, a prompt, or a line of standard input. Commands still ask for it
    /// afterwards: each process opens the profile for itself.
    Unlock(Which),
    /// Protect a profile by a passphrase, change it, or go back to the keyring
    ///
    /// The passphrase that holds now comes from COUNTINGHOUSE_PASSPHRASE, a prompt or a line of standard input; the new one from
    /// COUNTINGHOUSE_NEW_PASSPHRASE, a prompt or the next line. Neither is ever taken from arguments. For a profile that has none
    /// yet, COUNTINGHOUSE_PASSPHRASE gives the new one.
    Passphrase {
        #[command(flatten)]
        which: Which,
        /// Put the key into the system's keyring instead; no passphrase is asked for from then on
        #[arg(long)]
        remove: bool,
    },
}

/// Settings of a profile.
#[derive(Args)]
pub(crate) struct SetArguments {
    /// What sales before the first known unit cost are costed with: “known” leaves it unknown, “backdate” takes the earliest
    /// known cost and marks it estimated
    #[arg(long, value_name = "RULE")]
    costs: Option<Costs>,
    /// The definition that figures are shown by: order_totals, platform or accounting
    #[arg(long)]
    definition: Option<Definition>,
    /// One time zone for all days, such as America/New_York; “own” takes each connection's
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Costs {
    /// Unknown before the first known cost
    Known,
    /// The earliest known cost, marked estimated
    Backdate,
}

/// Which profile.
#[derive(Args)]
pub(crate) struct Which {
    /// The profile; the chosen or active one if left out
    name: Option<String>,
}

impl Which {
    fn name<'a>(&'a self, context: &'a Context<'_>) -> Option<&'a str> {
        self.name.as_deref().or(context.global.profile.as_deref())
    }
}

/// A name that says something.
fn called(name: &str) -> Result<String, String> {
    match name.trim() {
        "" => Err("a profile needs a name; give it the name of the business".to_owned()),
        name => Ok(name.to_owned()),
    }
}

pub(crate) fn run(context: &Context<'_>, command: &Command) -> Done {
    let app = context.app()?;
    match command {
        Command::List => list(context, &app),
        Command::Create { name } => {
            let profile = app.create_profile(name, false)?;
            let info = profile.info().clone();
            let place = app.key_standing(Some(&info.id))?.kept_in;
            context.out.answer(&info, || {
                let name = plain(&info.name);
                let mut text = format!("Made profile “{name}”. Its key is {}.", place_text(place));
                if !app.profile_info(None).is_ok_and(|active| active.id == info.id) {
                    text.push_str(&format!(
                        "\nWork in it with --profile “{name}”, or make it the active one: “countinghouse profile use”."
                    ));
                }
                text
            })
        }
        Command::Use { name } => {
            let info = app.profile_info(Some(name))?;
            app.choose_profile(&info.id)?;
            context.out.answer(&info, || {
                format!("“{}” opens by itself from now on.", plain(&info.name))
            })
        }
        Command::Rename { name, new } => {
            let info = app.rename_profile(name, new)?;
            context.out.answer(&info, || {
                format!("Profile “{}” is now “{}”.", plain(name), plain(&info.name))
            })
        }
        Command::Remove { name, yes } => {
            // An unknown name is told before anything is confirmed.
            let info = app.profile_info(Some(name))?;
            if !yes {
                return Err(ApiError::invalid(
                    format!("removing “{}” deletes all its data, raw records included", info.name),
                    "Nothing was deleted. Add --yes if you mean it.",
                ));
            }
            let gone = app.remove_profile(&info.id)?;
            context.out.answer(&json!({ "removed": gone.name }), || {
                format!("Removed profile “{}”.", plain(&gone.name))
            })
        }
        Command::Set(arguments) => set(context, arguments),
        Command::Lock(which) => {
            let info = app.lock_profile(which.name(context))?;
            told(context, &app, &info, || {
                format!(
                    "“{name}” is locked: no window and no command opens it until “countinghouse profile unlock”.",
                    name = plain(&info.name)
                )
            })
        }
        Command::Unlock(which) => {
            let info = app.profile_info(which.name(context))?;
            if app.key_standing(Some(&info.id))?.kept_in != KeptIn::Passphrase {
                return Err(ApiError::invalid(
                    format!("“{}” has no passphrase, so that there is nothing to unlock", info.name),
                    "“countinghouse profile passphrase” sets one.",
                ));
            }
            app.unlock_profile(Some(&info.id), &current_passphrase(&info.name)?)?;
            told(context, &app, &info, || {
                format!(
                    "“{}” is unlocked. Each command asks for its passphrase, or takes it from {PASSPHRASE_VARIABLE}.",
                    plain(&info.name)
                )
            })
        }
        Command::Passphrase { which, remove } => {
            let info = app.profile_info(which.name(context))?;
            passphrase(context, &app, &info, *remove)
        }
    }
}

/// Changes settings, and tells how they are now.
fn set(context: &Context<'_>, arguments: &SetArguments) -> Done {
    // Everything is understood before anything is changed.
    let zone: Option<Option<Zone>> = match arguments.time_zone.as_deref() {
        None => None,
        Some("own") => Some(None),
        Some(name) => Some(Some(name.parse().map_err(|why: String| {
            let how = "Give an IANA name such as America/New_York, or “own”.";
            context.out.usage(ApiError::invalid(why, how))
        })?)),
    };
    let profile = context.profile()?;
    if let Some(definition) = arguments.definition {
        profile.set_definition(definition)?;
    }
    if let Some(zone) = zone {
        profile.set_zone(zone)?;
    }
    let changed = match arguments.costs {
        None => None,
        Some(Costs::Known) => Some(profile.set_cost_policy(CostPolicy::KnownOnly)?),
        Some(Costs::Backdate) => Some(profile.set_cost_policy(CostPolicy::Backdate)?),
    };
    let now = profile.settings()?;
    let costs = match now.costs {
        CostPolicy::KnownOnly => "known",
        CostPolicy::Backdate => "backdate",
    };
    let zone = now.zone.map(|zone| zone.to_string());
    let answer = json!({
        "profile": profile.info().name, "costs": costs, "definition": now.definition, "time_zone": zone,
        "orders_changed": changed,
    });
    context.out.answer(&answer, || {
        let mut lines = vec![
            format!("Definition: {}", now.definition.label()),
            format!(
                "Days: {}",
                zone.as_deref().map_or("in each connection's own zone", |zone| zone)
            ),
            match now.costs {
                CostPolicy::KnownOnly => "Costs before the first known one: unknown".to_owned(),
                CostPolicy::Backdate => {
                    "Costs before the first known one: the earliest known, marked estimated".to_owned()
                }
            },
        ];
        lines.extend(changed.map(|n| format!("{n} orders are costed anew.")));
        lines.join("\n")
    })
}

fn passphrase(context: &Context<'_>, app: &App, info: &ProfileInfo, remove: bool) -> Done {
    let standing = app.key_standing(Some(&info.id))?;
    let had = standing.kept_in == KeptIn::Passphrase;
    if standing.locked {
        return Err(countinghouse_core::auth::vault::VaultError::Locked.into());
    }
    if remove {
        if !had {
            return Err(ApiError::invalid(
                format!("“{}” has no passphrase", info.name),
                "There is nothing to take away.",
            ));
        }
        // Known before a passphrase is asked for in vain.
        standing.keyring?;
    }
    let current = if had {
        Some(current_passphrase(&info.name)?)
    } else {
        None
    };
    if remove {
        app.remove_passphrase(Some(&info.id), current.as_ref())?;
        return told(context, app, info, || {
            format!(
                "The key of “{}” is in the system's keyring; no passphrase is asked for any more.",
                plain(&info.name)
            )
        });
    }
    let variables: &[&str] = if had {
        &[NEW_PASSPHRASE_VARIABLE]
    } else {
        &[NEW_PASSPHRASE_VARIABLE, PASSPHRASE_VARIABLE]
    };
    let new = new_passphrase(&info.name, variables)?;
    app.set_passphrase(Some(&info.id), current.as_ref(), &new)?;
    told(context, app, info, || {
        let what = match had {
            true => "opens with the new passphrase from now on",
            false => "opens with its passphrase from now on",
        };
        format!(
            "“{}” {what}. Nobody can open it without: there is no other copy of its key.",
            plain(&info.name)
        )
    })
}

/// How a profile's key stands afterwards.
fn told(context: &Context<'_>, app: &App, info: &ProfileInfo, text: impl FnOnce() -> String) -> Done {
    let standing = app.key_standing(Some(&info.id))?;
    let answer = json!({ "profile": info.name, "kept_in": standing.kept_in, "locked": standing.locked });
    context.out.answer(&answer, text)
}

fn list(context: &Context<'_>, app: &App) -> Done {
    let active = app.profile_info(None).ok().map(|info| info.id);
    let mut answer = Vec::new();
    let mut rows = Vec::new();
    for p in app.profiles()? {
        let place = app.key_place(Some(&p.id));
        let protection = match &place {
            Ok((_, true)) => "locked".to_owned(),
            Ok((KeptIn::Passphrase, false)) => "passphrase".to_owned(),
            Ok((KeptIn::Keyring, false)) => "keyring".to_owned(),
            Ok((KeptIn::File, false)) => "open, invented data".to_owned(),
            Err(error) => format!("unusable: {}", error.message),
        };
        let is_active = active.as_ref() == Some(&p.id);
        let (kept_in, locked) = place.map_or((None, None), |(kept_in, locked)| (Some(kept_in), Some(locked)));
        answer.push(json!({
            "id": p.id, "name": p.name, "demo": p.demo, "created_at": p.created_at, "active": is_active,
            "kept_in": kept_in, "locked": locked,
        }));
        rows.push(vec![
            p.name,
            p.id,
            protection,
            if is_active { "active".into() } else { String::new() },
        ]);
    }
    for bad in app.unreadable_profiles()? {
        answer.push(json!({ "id": bad.id, "name": null, "error": bad.error }));
        let why = format!(
            "unusable: {}. {}",
            bad.error.message,
            bad.error.hint.unwrap_or_default()
        );
        rows.push(vec!["–".to_owned(), bad.id, why, String::new()]);
    }
    context.out.answer(&answer, || match rows.is_empty() {
        true => {
            "There is no profile yet. The first import or connection makes one; so does “countinghouse demo”.".into()
        }
        false => table(&["Profile", "Folder", "Protected by", ""], &rows),
    })
}
