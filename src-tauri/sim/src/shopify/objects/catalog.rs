//! Products and variants (contract section 3.4).

use std::rc::Rc;

use serde_json::{Value, json};

use super::inventory::ItemNode;
use super::money::price;
use super::{Answered, Cx, Plain, count, gid, gid_text, maybe_moment, moment, texts, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::memory;
use crate::shopify::paging::{Key, SortValue};
use crate::shopify::search::{Found, Kind, Known};
use crate::world::{Product, ProductStatus, Variant, World};

/// A product.
pub(crate) struct ProductNode {
    pub(crate) cx: Rc<Cx>,
    /// Its place in the catalogue.
    pub(crate) index: u32,
}

/// A variant.
pub(crate) struct VariantNode {
    pub(crate) cx: Rc<Cx>,
    /// Its place in the catalogue.
    pub(crate) index: u32,
}

/// Every variant of every product that exists, in catalogue order.
pub(crate) fn variants(world: &World) -> impl Iterator<Item = (&Product, &Variant)> {
    world
        .products()
        .flat_map(|product| world.variants_of(product).iter().map(move |variant| (product, variant)))
}

impl ProductNode {
    /// The product with this number, while it exists.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<ProductNode> {
        let product = cx.world.products().find(|product| product.id == id)?;
        Some(ProductNode {
            cx: Rc::clone(cx),
            index: product.index,
        })
    }

    /// A page of the products.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let key = |product: &Product| match args.text("sortKey") {
            Some("UPDATED_AT") => Key::second(cx.index.product_updated_at(product).0, product.id),
            Some("CREATED_AT") => Key::second(product.created_at.0, product.id),
            Some("TITLE") => Key::text(&product.title, product.id),
            Some("VENDOR") => Key::text(product.vendor, product.id),
            Some("PRODUCT_TYPE") => Key::text(product.product_type, product.id),
            Some("INVENTORY_TOTAL") => Key {
                value: SortValue::Millis(stock(&cx.index, product)),
                id: product.id,
            },
            _ => Key::id(product.id),
        };
        let items = cx.index.products().map(|product| (key(product), product)).collect();
        memory(
            cx,
            "products",
            args,
            PRODUCT_FILTERS,
            items,
            |product, field| found(&cx.index, product, field),
            |product| ProductNode {
                cx: Rc::clone(cx),
                index: product.index,
            },
        )
    }

    /// How many products pass a filter.
    pub(crate) fn number(cx: &Rc<Cx>, args: &Args) -> Resolved {
        let filter = super::super::lists::filter(cx, "productsCount", args.text("query"), PRODUCT_FILTERS);
        let passing = cx
            .index
            .products()
            .filter(|product| filter.matches(&|field: &str| found(&cx.index, product, field)));
        count(
            passing.count() as u64,
            args.int("limit").and_then(|limit| u64::try_from(limit).ok()),
        )
    }
}

fn stock(world: &World, product: &Product) -> i64 {
    world
        .variants_of(product)
        .iter()
        .filter_map(|variant| world.available(variant))
        .sum()
}

const PRODUCT_FILTERS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("created_at", Kind::Time),
    ("published_at", Kind::Time),
    ("id", Kind::Id),
    ("status", Kind::Text),
    ("title", Kind::Text),
    ("vendor", Kind::Text),
    ("product_type", Kind::Text),
    ("handle", Kind::Text),
    ("gift_card", Kind::Flag),
    ("inventory_total", Kind::Number),
    ("sku", Kind::Text),
    ("tag", Kind::Text),
    ("tag_not", Kind::Absent),
];

fn found(world: &World, product: &Product, field: &str) -> Found {
    let tags = || Found::Texts(product.tags.iter().map(|tag| (*tag).to_owned()).collect());
    match field {
        "updated_at" => Found::Second(world.product_updated_at(product).0),
        "created_at" | "published_at" => Found::Second(product.created_at.0),
        "id" => Found::id(product.id),
        "status" => Found::text(status(product.status)),
        "title" | "default" => Found::text(product.title.as_str()),
        "vendor" => Found::text(product.vendor),
        "product_type" => Found::text(product.product_type),
        "handle" => Found::text(product.handle.as_str()),
        "gift_card" => Found::Flag(product.gift_card),
        "inventory_total" => Found::Number(i128::from(stock(world, product))),
        "sku" => Found::Texts(
            world
                .variants_of(product)
                .iter()
                .filter_map(|variant| variant.sku.clone())
                .collect(),
        ),
        "tag" if product.tags.is_empty() => Found::Missing,
        "tag" | "tag_not" => tags(),
        _ => Found::Missing,
    }
}

fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::Active => "ACTIVE",
        ProductStatus::Archived => "ARCHIVED",
        ProductStatus::Draft => "DRAFT",
    }
}

impl Object for ProductNode {
    fn kind(&self) -> &'static str {
        "Product"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let world = &self.cx.world;
        let Some(product) = world.product(self.index) else {
            return Ok(Resolved::Null);
        };
        let variants = world.variants_of(product);
        Ok(match name {
            "id" => gid("Product", product.id),
            "legacyResourceId" => Resolved::leaf(product.id.to_string()),
            "title" => Resolved::leaf(product.title.as_str()),
            "handle" => Resolved::leaf(product.handle.as_str()),
            "vendor" => Resolved::leaf(product.vendor),
            "productType" => Resolved::leaf(product.product_type),
            "status" => Resolved::leaf(status(product.status)),
            "tags" => texts(product.tags.iter().copied()),
            "isGiftCard" => Resolved::leaf(product.gift_card),
            "createdAt" => moment(product.created_at),
            "updatedAt" => moment(world.product_updated_at(product)),
            "publishedAt" => maybe_moment((product.status == ProductStatus::Active).then_some(product.created_at)),
            "onlineStoreUrl" => Resolved::Null,
            "totalInventory" => Resolved::leaf(stock(world, product)),
            "tracksInventory" => Resolved::leaf(variants.iter().any(|variant| variant.tracked)),
            "hasOnlyDefaultVariant" => Resolved::leaf(variants.len() == 1),
            "variantsCount" => count(variants.len() as u64, None),
            "category" => Resolved::object(Plain::new(
                "TaxonomyCategory",
                [
                    ("id", "gid://shopify/TaxonomyCategory/na".into()),
                    ("name", "Uncategorized".into()),
                    ("fullName", "Uncategorized".into()),
                ],
            )),
            "featuredMedia" => Resolved::maybe((product.index % 3 != 2).then(|| PictureNode::of(product))),
            "variants" => {
                let key = |variant: &Variant| sort_key(&self.cx.index, variant, args.text("sortKey"));
                let items = variants.iter().map(|variant| (key(variant), variant)).collect();
                return memory(
                    &self.cx,
                    "variants",
                    args,
                    &[],
                    items,
                    |_, _| Found::Missing,
                    |variant: &Variant| VariantNode {
                        cx: Rc::clone(&self.cx),
                        index: variant.index,
                    },
                );
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// The picture of a product. The address leads nowhere.
struct PictureNode {
    id: u64,
    title: String,
    handle: String,
}

impl PictureNode {
    fn of(product: &Product) -> PictureNode {
        PictureNode {
            id: product.id,
            title: product.title.clone(),
            handle: product.handle.clone(),
        }
    }
}

impl Object for PictureNode {
    fn kind(&self) -> &'static str {
        "MediaImage"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("MediaImage", self.id),
            "alt" => Resolved::leaf(self.title.as_str()),
            "mediaContentType" => Resolved::leaf("IMAGE"),
            "status" => Resolved::leaf("READY"),
            "preview" => Resolved::object(PreviewNode {
                id: self.id,
                url: format!("https://cdn.shop.invalid/{}.png", self.handle),
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

struct PreviewNode {
    id: u64,
    url: String,
}

impl Object for PreviewNode {
    fn kind(&self) -> &'static str {
        "MediaPreviewImage"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "status" => Resolved::leaf("READY"),
            "image" => Resolved::object(Plain::new(
                "Image",
                [
                    ("id", gid_text("ImageSource", self.id).into()),
                    ("url", self.url.as_str().into()),
                    ("altText", ().into()),
                    ("width", 800.into()),
                    ("height", 800.into()),
                ],
            )),
            _ => return unlisted(self.kind(), name),
        })
    }
}

impl VariantNode {
    /// The variant with this number, while its product exists.
    pub(crate) fn by_id(cx: &Rc<Cx>, id: u64) -> Option<VariantNode> {
        let (_, variant) = variants(&cx.world).find(|(_, variant)| variant.id == id)?;
        Some(VariantNode {
            cx: Rc::clone(cx),
            index: variant.index,
        })
    }

    /// Its product.
    pub(crate) fn product(&self) -> Option<ProductNode> {
        let index = self.cx.world.variant(self.index)?.product;
        Some(ProductNode {
            cx: Rc::clone(&self.cx),
            index,
        })
    }

    /// A page of all variants.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let items = variants(&cx.index)
            .map(|(product, variant)| (sort_key(&cx.index, variant, args.text("sortKey")), (product, variant)));
        let items = items.collect();
        memory(
            cx,
            "productVariants",
            args,
            VARIANT_FILTERS,
            items,
            |pair, field| variant_found(&cx.index, pair, field),
            |(_, variant)| VariantNode {
                cx: Rc::clone(cx),
                index: variant.index,
            },
        )
    }
}

fn sort_key(world: &World, variant: &Variant, sort: Option<&str>) -> Key {
    match sort {
        Some("POSITION") => Key {
            value: SortValue::Number(u64::from(variant.position)),
            id: variant.id,
        },
        Some("TITLE") => Key::text(&variant.title, variant.id),
        Some("SKU") => Key::text(variant.sku.as_deref().unwrap_or_default(), variant.id),
        Some("INVENTORY_QUANTITY") => Key {
            value: SortValue::Millis(world.available(variant).unwrap_or(0)),
            id: variant.id,
        },
        _ => Key::id(variant.id),
    }
}

const VARIANT_FILTERS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("id", Kind::Id),
    ("product_id", Kind::Id),
    ("sku", Kind::Text),
    ("barcode", Kind::Text),
    ("title", Kind::Text),
    ("vendor", Kind::Text),
    ("product_type", Kind::Text),
    ("product_status", Kind::Text),
    ("taxable", Kind::Flag),
    ("gift_card", Kind::Flag),
    ("inventory_quantity", Kind::Number),
];

fn variant_found(world: &World, (product, variant): &(&Product, &Variant), field: &str) -> Found {
    let maybe = |text: &Option<String>| text.as_ref().map_or(Found::Missing, Found::text);
    match field {
        "updated_at" => Found::Second(world.inventory_updated_at(variant).0),
        "id" => Found::id(variant.id),
        "product_id" => Found::id(product.id),
        "sku" => maybe(&variant.sku),
        "barcode" => maybe(&variant.barcode),
        "title" | "default" => Found::text(variant.title.as_str()),
        "vendor" => Found::text(product.vendor),
        "product_type" => Found::text(product.product_type),
        "product_status" => Found::text(status(product.status)),
        "taxable" => Found::Flag(variant.taxable),
        "gift_card" => Found::Flag(product.gift_card),
        "inventory_quantity" => world
            .available(variant)
            .map_or(Found::Missing, |units| Found::Number(i128::from(units))),
        _ => Found::Missing,
    }
}

impl Object for VariantNode {
    fn kind(&self) -> &'static str {
        "ProductVariant"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let world = &self.cx.world;
        let Some(variant) = world.variant(self.index) else {
            return Ok(Resolved::Null);
        };
        let currency = world.spec().currency;
        let title = || {
            world
                .product(variant.product)
                .map(|product| product.title.clone())
                .unwrap_or_default()
        };
        Ok(match name {
            "id" => gid("ProductVariant", variant.id),
            "legacyResourceId" => Resolved::leaf(variant.id.to_string()),
            "title" => Resolved::leaf(variant.title.as_str()),
            "displayName" => Resolved::leaf(format!("{} - {}", title(), variant.title)),
            "sku" => Resolved::leaf(variant.sku.as_deref()),
            "barcode" => Resolved::leaf(variant.barcode.as_deref()),
            "price" => Resolved::leaf(price(variant.price, currency)),
            "compareAtPrice" => Resolved::leaf(
                variant
                    .compare_at_price
                    .map(|minor| price(minor, currency))
                    .unwrap_or(Value::Null),
            ),
            "position" => Resolved::leaf(variant.position),
            "taxable" => Resolved::leaf(variant.taxable),
            "inventoryQuantity" => Resolved::leaf(world.available(variant)),
            "inventoryPolicy" => Resolved::leaf(if variant.tracked { "DENY" } else { "CONTINUE" }),
            "availableForSale" => Resolved::leaf(world.available(variant).is_none_or(|units| units > 0)),
            "createdAt" => moment(variant.created_at),
            "updatedAt" => moment(world.inventory_updated_at(variant)),
            "selectedOptions" => Resolved::list([Plain::new(
                "SelectedOption",
                [("name", json!(variant.option.0)), ("value", json!(variant.option.1))],
            )]),
            "product" => Resolved::maybe(self.product()),
            "inventoryItem" => Resolved::object(ItemNode {
                cx: Rc::clone(&self.cx),
                index: self.index,
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}
