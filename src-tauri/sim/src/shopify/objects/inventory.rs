//! Stock and the places that hold it (contract section 3.4).

use std::rc::Rc;

use serde_json::Value;

use super::catalog::{VariantNode, variants};
use super::money::money;
use super::{Answered, Cx, Plain, count, gid, gid_text, moment, nested, number_of, unlisted};
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::memory;
use crate::shopify::paging::Key;
use crate::shopify::search::{Found, Kind, Known};
use crate::world::{Location, StockLevel, Variant};

/// The names of stock quantities.
const QUANTITIES: [&str; 8] = [
    "available",
    "on_hand",
    "committed",
    "incoming",
    "reserved",
    "damaged",
    "quality_control",
    "safety_stock",
];

/// The inventory item of a variant.
pub(crate) struct ItemNode {
    pub(crate) cx: Rc<Cx>,
    /// The variant's place in the catalogue.
    pub(crate) index: u32,
}

impl ItemNode {
    /// The item with this number, while its product exists.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<ItemNode> {
        let (_, variant) = variants(&cx.world).find(|(_, variant)| variant.inventory_item_id == id)?;
        Some(ItemNode {
            cx: Rc::clone(cx),
            index: variant.index,
        })
    }

    /// A page of all items.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let items = variants(&cx.index)
            .map(|(_, variant)| (Key::id(variant.inventory_item_id), variant))
            .collect();
        let found = |variant: &&Variant, field: &str| match field {
            "updated_at" => Found::Second(cx.index.inventory_updated_at(variant).0),
            "created_at" => Found::Second(variant.created_at.0),
            "id" => Found::id(variant.inventory_item_id),
            "sku" => variant.sku.as_ref().map_or(Found::Missing, Found::text),
            _ => Found::Missing,
        };
        memory(cx, "inventoryItems", args, ITEM_FILTERS, items, found, |variant| {
            ItemNode {
                cx: Rc::clone(cx),
                index: variant.index,
            }
        })
    }

    fn levels(&self, variant: &Variant, inactive: bool) -> Vec<LevelNode> {
        let levels = self
            .cx
            .world
            .stock_levels(variant)
            .into_iter()
            .filter(|level| inactive || level.active);
        levels
            .map(|level| LevelNode {
                cx: Rc::clone(&self.cx),
                item: variant.inventory_item_id,
                level,
            })
            .collect()
    }
}

const ITEM_FILTERS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("created_at", Kind::Time),
    ("id", Kind::Id),
    ("sku", Kind::Text),
];

impl Object for ItemNode {
    fn kind(&self) -> &'static str {
        "InventoryItem"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let world = &self.cx.world;
        let Some(variant) = world.variant(self.index) else {
            return Ok(Resolved::Null);
        };
        let own_variant = || VariantNode {
            cx: Rc::clone(&self.cx),
            index: self.index,
        };
        Ok(match name {
            "id" => gid("InventoryItem", variant.inventory_item_id),
            "legacyResourceId" => Resolved::leaf(variant.inventory_item_id.to_string()),
            "sku" => Resolved::leaf(variant.sku.as_deref()),
            "tracked" => Resolved::leaf(variant.tracked),
            "requiresShipping" => Resolved::leaf(variant.requires_shipping),
            "createdAt" => moment(variant.created_at),
            "updatedAt" => moment(world.inventory_updated_at(variant)),
            "unitCost" => variant
                .unit_cost
                .map_or(Resolved::Null, |minor| money(minor, world.spec().currency)),
            "countryCodeOfOrigin" | "harmonizedSystemCode" => Resolved::Null,
            "duplicateSkuCount" => {
                let same = variants(world)
                    .filter(|(_, other)| variant.sku.is_some() && other.sku == variant.sku)
                    .count();
                Resolved::leaf(same.saturating_sub(1))
            }
            "locationsCount" => count(world.stock_levels(variant).len() as u64, None),
            "variant" => Resolved::object(own_variant()),
            "variants" => return nested(args, [own_variant()], |_| variant.id, |variant| variant),
            "inventoryLevel" => {
                let place = args.text("locationId").and_then(|gid| number_of("Location", gid));
                let levels = self.levels(variant, args.flag("includeInactive"));
                Resolved::maybe(levels.into_iter().find(|level| Some(level.level.location) == place))
            }
            "inventoryLevels" => {
                let items = self.levels(variant, args.flag("includeInactive")).into_iter();
                let items = items.map(|level| (Key::id(level.level.location), level)).collect();
                let found = |level: &LevelNode, field: &str| match field {
                    "updated_at" => Found::Second(level.level.updated_at.0),
                    "inventory_item_id" => Found::id(level.item),
                    "id" => Found::id(level.level.location),
                    _ => Found::Missing,
                };
                return memory(
                    &self.cx,
                    "inventoryLevels",
                    args,
                    LEVEL_FILTERS,
                    items,
                    found,
                    |level| level,
                );
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

const LEVEL_FILTERS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("id", Kind::Id),
    ("inventory_item_id", Kind::Id),
];

/// Stock of an item at a place.
pub(crate) struct LevelNode {
    cx: Rc<Cx>,
    item: u64,
    level: StockLevel,
}

impl LevelNode {
    /// The level with this id, which names the item in its query part.
    pub(crate) fn by_gid(cx: &Rc<Cx>, gid: &str) -> Option<LevelNode> {
        let (place, item) = gid
            .strip_prefix("gid://shopify/InventoryLevel/")?
            .split_once("?inventory_item_id=")?;
        let (place, item) = (place.parse::<u64>().ok()?, item.parse().ok()?);
        let node = ItemNode::by_id(cx, item)?;
        let levels = node.levels(cx.world.variant(node.index)?, true);
        levels.into_iter().find(|level| level.level.location == place)
    }

    fn own_id(&self) -> String {
        format!("{}?inventory_item_id={}", self.level.location, self.item)
    }

    fn units(&self, name: &str) -> Option<i64> {
        Some(match name {
            "available" => self.level.available,
            "on_hand" => self.level.on_hand,
            "committed" => self.level.committed,
            "incoming" => self.level.incoming,
            "reserved" => self.level.reserved,
            "damaged" => self.level.damaged,
            "quality_control" => self.level.quality_control,
            "safety_stock" => self.level.safety_stock,
            _ => return None,
        })
    }

    fn quantity(&self, name: &str) -> Result<Plain, GraphError> {
        let units = self.units(name).ok_or_else(|| {
            GraphError::bad_request(format!(
                "The quantity name {name:?} is invalid. Valid names: {}",
                QUANTITIES.join(", ")
            ))
        })?;
        // The platform does not date the sum of the others.
        let at = if name == "on_hand" {
            Value::Null
        } else {
            Value::from(self.level.updated_at.iso())
        };
        let id = gid_text("InventoryQuantity", format!("{}&name={name}", self.own_id()));
        Ok(Plain::new(
            "InventoryQuantity",
            [
                ("id", id.into()),
                ("name", name.into()),
                ("quantity", units.into()),
                ("updatedAt", at),
            ],
        ))
    }
}

impl Object for LevelNode {
    fn kind(&self) -> &'static str {
        "InventoryLevel"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        Ok(match name {
            "id" => gid("InventoryLevel", self.own_id()),
            "isActive" => Resolved::leaf(self.level.active),
            "createdAt" => {
                let variant = self.cx.world.variant(self.level.variant);
                moment(variant.map_or(self.level.updated_at, |variant| variant.created_at))
            }
            "updatedAt" => moment(self.level.updated_at),
            "item" => Resolved::object(ItemNode {
                cx: Rc::clone(&self.cx),
                index: self.level.variant,
            }),
            "location" => Resolved::maybe(LocationNode::by_id(&self.cx, self.level.location)),
            "quantities" => {
                let quantities = args
                    .texts("names")
                    .into_iter()
                    .map(|name| self.quantity(name))
                    .collect::<Result<Vec<_>, _>>()?;
                Resolved::list(quantities)
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A place that holds stock or sells.
pub(crate) struct LocationNode {
    cx: Rc<Cx>,
    location: Location,
}

impl LocationNode {
    /// The place with this number.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<LocationNode> {
        let location = cx.world.locations().iter().find(|location| location.id == id)?.clone();
        Some(LocationNode {
            cx: Rc::clone(cx),
            location,
        })
    }

    /// The place that is first in the shop's list.
    pub(crate) fn main(cx: &Rc<Cx>) -> Option<LocationNode> {
        let id = cx.world.locations().first()?.id;
        LocationNode::by_id(cx, id)
    }

    /// A page of the places: those in use, others only if asked for.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let wanted = |place: &&Location| {
            (place.active || args.flag("includeInactive")) && (!place.service || args.flag("includeLegacy"))
        };
        let key = |place: &Location| {
            if args.text("sortKey") == Some("ID") {
                Key::id(place.id)
            } else {
                Key::text(place.name, place.id)
            }
        };
        let items = cx
            .world
            .locations()
            .iter()
            .filter(wanted)
            .map(|place| (key(place), place.clone()))
            .collect();
        let found = |place: &Location, field: &str| match field {
            "id" | "location_id" => Found::id(place.id),
            "name" | "default" => Found::text(place.name),
            "active" => Found::Flag(place.active),
            "legacy" => Found::Flag(place.service),
            "country" => Found::text(place.country),
            "created_at" => Found::Second(place.updated_at.0),
            _ => Found::Missing,
        };
        memory(cx, "locations", args, LOCATION_FILTERS, items, found, |location| {
            LocationNode {
                cx: Rc::clone(cx),
                location,
            }
        })
    }
}

const LOCATION_FILTERS: &[Known] = &[
    ("id", Kind::Id),
    ("location_id", Kind::Id),
    ("name", Kind::Text),
    ("active", Kind::Flag),
    ("legacy", Kind::Flag),
    ("country", Kind::Text),
    ("created_at", Kind::Time),
];

impl Object for LocationNode {
    fn kind(&self) -> &'static str {
        "Location"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (place, cx) = (&self.location, &self.cx);
        let levels = |inactive: bool| {
            let all = variants(&cx.world).flat_map(|(_, variant)| {
                let item = ItemNode {
                    cx: Rc::clone(cx),
                    index: variant.index,
                };
                item.levels(variant, inactive)
            });
            all.filter(|level| level.level.location == place.id).collect::<Vec<_>>()
        };
        Ok(match name {
            "id" => gid("Location", place.id),
            "legacyResourceId" => Resolved::leaf(place.id.to_string()),
            "name" => Resolved::leaf(place.name),
            "isActive" | "shipsInventory" => Resolved::leaf(place.active),
            "isFulfillmentService" => Resolved::leaf(place.service),
            "fulfillsOnlineOrders" => Resolved::leaf(place.fulfills_online),
            "createdAt" | "updatedAt" => moment(place.updated_at),
            "address" => Resolved::object(Plain::new(
                "LocationAddress",
                [
                    ("countryCode", place.country.into()),
                    ("provinceCode", Value::from(place.province)),
                ],
            )),
            "inventoryLevel" => {
                let item = args
                    .text("inventoryItemId")
                    .and_then(|gid| number_of("InventoryItem", gid));
                Resolved::maybe(
                    levels(args.flag("includeInactive"))
                        .into_iter()
                        .find(|level| Some(level.item) == item),
                )
            }
            "inventoryLevels" => {
                let items = levels(args.flag("includeInactive"))
                    .into_iter()
                    .map(|level| (Key::id(level.item), level))
                    .collect();
                let found = |level: &LevelNode, field: &str| match field {
                    "updated_at" => Found::Second(level.level.updated_at.0),
                    "inventory_item_id" | "id" => Found::id(level.item),
                    _ => Found::Missing,
                };
                return memory(cx, "inventoryLevels", args, LEVEL_FILTERS, items, found, |level| level);
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}
