// The border: every command with its class, arguments and result. Texts arrive formatted; the UI computes no figures.
// Made from src-tauri/core/src/api by tests/it/border.rs (UPDATE=1 writes it anew); not edited by hand.

/** A connected account, or the source of imported files. */
export type Account = {
  /** Number of the connection. */
  id: number,
  /** Code of its platform. */
  channel: string,
  /** The platform's name on screens. */
  channel_label: string,
  /** Its own name. */
  label: string,
  /** An account is connected that can be asked. */
  live: boolean,
  /** Invented data: nothing of it is changed here. */
  demo: boolean,
  /** What is known of it. */
  facts: Array<Fact>,
  /** Where it sells, of a platform with marketplaces. */
  marketplaces: Array<MarketRef>,
  /** What it lets be read. */
  rights: Array<AccountRight>,
  /** How old its application's secret is, where that ends by its age. */
  secret: SecretAge | null,
};

/** Which account. */
export type AccountArgs = {
  /** Number of the connection. */
  connection: number,
};

/** A scope or role of an account. */
export type AccountRight = {
  /** Its name on the platform. */
  name: string,
  /** How it stands. */
  state: RightState,
  /** What it is for, or what is missing without it. */
  text: string,
};

/** Every connected account. */
export type Accounts = {
  /** One entry per connection, disconnected ones and sets of files too. */
  accounts: Array<Account>,
};

/** What to choose in Seller Central before connecting. */
export type AmazonSetup = {
  /** The roles to choose, by the names Seller Central gives them. */
  roles: Array<ScopeWhy>,
  /** The regions; an authorisation is for one. */
  regions: Array<RegionChoice>,
};

/** An error at the border: what to branch on, what happened, what to do. */
export type ApiError = {
  /** What to branch on. */
  code: ErrorCode,
  /** What happened, to which thing. Carries no secret. */
  message: string,
  /** What to do next. */
  hint: string | null,
  /** The channel it is about. */
  channel: string | null,
};

/** An attempt to connect. Carries no secret. */
export type Attempt = {
  /** Its id. */
  id: string,
  /** How it stands. */
  state: AttemptState,
  /** The same in a sentence. */
  text: string,
  /** The consent page, for a browser that did not open by itself. */
  authorize_url: string | null,
  /** The connection that was made. */
  connection: number | null,
  /** The account that answered. */
  shop: ShopRef | null,
  /** Where it sells, of a platform with marketplaces. */
  marketplaces: Array<MarketRef>,
  /** Scopes or roles that were granted. */
  granted: Array<string>,
  /** Scopes that were not. */
  missing: Array<MissingScope>,
  /** Roles that the first sync tries; no harmless request shows them. */
  untried: Array<string>,
  /** What else to know: what became of imported files, and the like. */
  notes: Array<string>,
  /** Why it failed. */
  error: ApiError | null,
};

/** Which attempt. */
export type AttemptArgs = {
  /** Its id. */
  attempt: string,
};

/** How an attempt stands. */
export type AttemptState = "waiting_for_browser" | "testing" | "connected" | "failed";

/** The axis along which a pointer or an arrow key moves from one hit to the next. */
export type Axis = "x" | "y";

/** A product among the best. */
export type BestProduct = {
  /** SKU, or what stands for it where there is none. */
  sku: string,
  /** Its name. */
  title: string,
  /** Units sold. */
  units_text: string,
  /** Net sales. */
  net_text: string,
  /** Gross profit over units with a known cost. */
  profit_text: string,
};

/** A sales channel's figures. */
export type ChannelRow = {
  /** Code to filter by. */
  channel: string,
  /** The name on screens. */
  label: string,
  /** Net sales. */
  revenue_text: string,
  /** Orders. */
  orders_text: string,
  /** Average order value. */
  aov_text: string,
  /** Share of all net sales. */
  share_text: string,
};

/** Something to choose, by code. */
export type Choice = {
  /** The code. */
  code: string,
  /** The name on screens. */
  label: string,
};

/** A column of a [`Table`]. */
export type Column = {
  /** The heading. */
  label: string,
  /** Whether its cells are numbers, to be set flush right. */
  numeric: boolean,
};

/** What a command may do. */
export type CommandClass = "read" | "change" | "files";

/** One measure of how complete the figures are. */
export type CompletenessLine = {
  /** What is measured. */
  label: string,
  /** How it stands. */
  value_text: string,
  /** Nothing is missing. */
  ok: boolean,
};

/** How complete the figures are. */
export type CompletenessLines = {
  /** One line per measure. */
  lines: Array<CompletenessLine>,
};

/** A seller's account at Amazon to connect, by the seller's own application. Secrets print dots. */
export type ConnectAmazonArgs = {
  /** The application's client id. */
  client_id: string,
  /** Its client secret. */
  client_secret: string,
  /** The refresh token that its authorisation showed. */
  refresh_token: string,
  /** Short name of the region; found by asking each where null. */
  region: string | null,
  /** Marketplaces to read, by country, the home one first; all that the account sells in where empty. */
  marketplaces: Array<string>,
  /** The seller's id (merchant token), where the user gives it. */
  seller_id: string | null,
  /** Day the client secret was made; today where null. */
  secret_made: Day | null,
  /** The address below which the regions lie instead of Amazon's own: a loopback address or another https host. */
  endpoint: string | null,
};

/** A Shopify shop to connect. */
export type ConnectShopifyArgs = {
  /** The shop's name or address. */
  shop: string,
  /** How it lets the program in. */
  credentials: ShopifyCredentials,
  /** A loopback address or another https host instead of the shop's own. */
  endpoint: string | null,
};

/** A connected account, or the source of imported files. */
export type Connection = {
  /** Its number. */
  id: number,
  /** Code of its platform. */
  channel: string,
  /** The platform's name on screens. */
  channel_label: string,
  /** Its own name. */
  label: string,
  /** Its address on the platform, its zone and currency. */
  detail_text: string,
  /** How it stands. */
  state: ConnectionState,
  /** The same in a word or two. */
  state_text: string,
  /** The last good sync or import. */
  last_sync_text: string,
  /** From which day on its history is complete. */
  complete_since_text: string | null,
  /** What to do, where something is to do. */
  next_step: string | null,
  /** An account is connected that can be synced. */
  can_sync: boolean,
  /** Invented data. */
  demo: boolean,
};

/** How a connection stands. */
export type ConnectionState = "ok" | "attention" | "broken";

/** The overview. */
export type Dashboard = {
  /** By which definition everything is counted. */
  definition: DefinitionRef,
  /** The days asked for. */
  range: Range,
  /** What they are compared with. */
  previous: Range | null,
  /** Days whose figures may still change. */
  not_final_days: Array<Day>,
  /** The same as a sentence. */
  not_final_text: string | null,
  /** What is missing in the days asked for or compared with, because their orders are not all here; nothing is compared then. */
  missing_text: string | null,
  /** Why they are not, and what to do about it. */
  missing_hint: string | null,
  /** What is left out of the days asked for or compared with, or counts in part, and where to look; null where everything counts. */
  left_out_text: string | null,
  /** Of which of these days nobody has read what a marketplace paid back and charged, and what to do; null where all was read. */
  money_text: string | null,
  /** Which older orders have a part in these days without being known, and why; null where none has. */
  older_orders_text: string | null,
  /** What stands out, in sentences. */
  insights: Array<string>,
  /** Key figures. */
  tiles: Array<Tile>,
  /** Net sales over time, as a whole and, where there are several, by channel. */
  revenue: Drawing,
  /** Net sales by channel; null where there is one channel or no total. */
  share: Drawing | null,
  /** Sales channels, best first. */
  channels: Array<ChannelRow>,
  /** The latest orders of the range. */
  recent_orders: Array<RecentOrder>,
  /** The best products, best first. */
  best_products: Array<BestProduct>,
  /** The same as bars; null where there are none or no total. */
  best_products_chart: Drawing | null,
  /** How complete the figures are. */
  completeness: CompletenessLines,
  /** Codes of the currencies in play. */
  currencies: Array<string>,
  /** Why there is no total (for example a missing rate); the tiles then have no values. */
  blocked: string | null,
};

/** What the overview is asked by. */
export type DashboardArgs = {
  /** First day. */
  from: Day,
  /** Last day. */
  to: Day,
  /** `none`, one of the frame's comparisons, or a range `A..B`. */
  compare: string,
  /** By which definition. */
  definition: DefinitionCode,
  /** Channel codes of the frame; empty means all. */
  channels: Array<string>,
};

/** A civil day, counted from 1970-01-01; `YYYY-MM-DD` at the border. */
export type Day = string;

/** A definition to choose. */
export type DefinitionChoice = {
  /** The definition. */
  code: DefinitionCode,
  /** The name on screens. */
  label: string,
  /** What it counts, in a sentence. */
  explanation: string,
};

/** By which rule a profile counts. */
export type DefinitionCode = "order_totals" | "platform" | "accounting";

/** The definition an answer counts by. */
export type DefinitionRef = {
  /** Its code. */
  code: DefinitionCode,
  /** The name on screens. */
  label: string,
};

/** A demo to begin. */
export type DemoArgs = {
  /** Days of history. */
  days: number,
};

/** Where a figure went. */
export type Direction = "up" | "down" | "flat";

/** A finished chart: the picture, what lies under the pointer, and the same content as a table. */
export type Drawing = {
  /** A complete `<svg>` element without ids, styles or scripts; its texts are escaped. */
  svg: string,
  /** Natural width in tenths of a pixel, the unit of the view box and of [`Hit`]. */
  width: number,
  /** Natural height in tenths of a pixel. */
  height: number,
  /** The labels of what is drawn, in the order of a hit's values, for a legend; empty where the drawing names its parts itself. */
  series: Array<string>,
  /** The colour of each of them, by the name of its custom property without `--chart-`. */
  inks: Array<string>,
  /** Along which axis the hits lie. */
  axis: Axis,
  /** One area per point, in reading order, without holes between them; none where there is nothing to point at. */
  hits: Array<Hit>,
  /** The content as text. */
  table: Table,
  /** The same text as the drawing's `<title>`. */
  title: string,
  /** The same text as the drawing's `<desc>`. */
  description: string,
};

/** What a caller acts on. A code exists only if someone branches on it. */
export type ErrorCode = "invalid" | "not_found" | "needs_reconnect" | "throttled" | "offline" | "locked" | "keyring_unavailable" | "database_too_new" | "disk_full" | "busy" | "cancelled" | "refused_by_channel" | "internal";

/** What pages hear of without asking, as the border file states it. */
export type Events = {
  /** Figures, orders or settings changed; every page reads anew. */
  data_changed: NoArgs,
  /** A run began, went on or ended. */
  run: Run,
};

/** Something known, with its name. */
export type Fact = {
  /** Its name. */
  label: string,
  /** What is known. */
  text: string,
};

/** The address a browser ended on, pasted by the user. */
export type FinishArgs = {
  /** The attempt. */
  attempt: string,
  /** The address; it carries a one-use code. */
  address: string,
};

/** What stands around every page. */
export type Frame = {
  /** Version of the program. */
  version: string,
  /** Every profile, by name. */
  profiles: Array<ProfileRef>,
  /** Nothing is connected and nothing was imported: the first-run screen opens. */
  empty: boolean,
  /** The day it is where the profile counts its days. */
  today: Day,
  /** The definition chosen in the settings. */
  definition: DefinitionCode,
  /** All definitions. */
  definitions: Array<DefinitionChoice>,
  /** The range to begin with. */
  preset: string,
  /** Ranges to choose. */
  presets: Array<Preset>,
  /** The comparison to begin with. */
  compare: string,
  /** Comparisons to choose. */
  compares: Array<Choice>,
  /** Sales channels to filter by. */
  channels: Array<Choice>,
  /** Colours. */
  theme: Theme,
  /** Things a person must do, most urgent first. */
  notices: Array<Notice>,
};

/** Everything that is looked at. */
export type Health = {
  /** One line per thing. */
  lines: Array<HealthLine>,
  /** The first thing that only a person can mend: a locked profile, an access that has ended. */
  problem: ApiError | null,
};

/** One thing that is looked at. */
export type HealthLine = {
  /** What. */
  label: string,
  /** How it stands. */
  value_text: string,
  /** It works. */
  ok: boolean,
  /** What to do, where something is to do. */
  next_step: string | null,
};

/** An area of a drawing and what it stands for. */
export type Hit = {
  /** Where the area starts along the axis, in tenths of a pixel. */
  from: number,
  /** Where it ends. */
  to: number,
  /** Where the cursor stands along the axis. */
  at: number,
  /** The day, product or channel, as text. */
  label: string,
  /** What is known there, one per series. */
  values: Array<HitValue>,
};

/** One series at a hit. */
export type HitValue = {
  /** The series' label. */
  label: string,
  /** The formatted value, or the caller's text for an unknown one. */
  text: string,
  /** Where the value lies across the axis in tenths of a pixel; `null` for a gap or where nothing is to be marked. */
  mark: number | null,
};

/** Something about a record that the user should know. */
export type Issue = {
  /** Its id. */
  id: number,
  /** The platform's name. */
  channel: string,
  /** The stream of the record. */
  stream: string,
  /** The platform's id of the thing. */
  key: string,
  /** What is wrong. */
  text: string,
  /** What it means for the figures, and what to do. */
  hint: string | null,
  /** When it was seen last. */
  seen_text: string,
  /** Id of the raw record. */
  raw: number | null,
  /** Where in the record. */
  path: string | null,
};

/** A page of issues. */
export type IssueList = {
  /** The issues, latest first. */
  rows: Array<Issue>,
  /** The page shown, from 0. */
  page: number,
  /** Number of pages. */
  pages: number,
  /** How many there are. */
  count_text: string,
  /** Orders that a sync which is not at its end will bring, though records that tell of them are here; `null` where there are none. */
  coming_text: string | null,
};

/** A page of issues. */
export type IssuesArgs = {
  /** Page, from 0. */
  page: number,
};

/** Where a key is kept. */
export type KeptIn = "keyring" | "passphrase" | "file";

/** A folder that holds a profile which cannot be told. */
export type LostProfile = {
  /** Name of the folder. */
  id: string,
  /** Which file, why, and what to do. */
  error: ApiError,
};

/** A marketplace of an account. */
export type MarketRef = {
  /** Its name. */
  name: string,
  /** Its sales are read. */
  read: boolean,
  /** What to know of it. */
  note: string | null,
};

/** A scope that was not granted. */
export type MissingScope = {
  /** Its name on the platform. */
  scope: string,
  /** What is missing without it. */
  effect: string,
};

/** A profile to make. */
export type NewProfileArgs = {
  /** The name of the business. */
  name: string,
};

/** The arguments of a command that takes none. */
export type NoArgs = Record<string, never>;

/** Something a person must do. */
export type Notice = {
  /** What to branch on. */
  code: ErrorCode,
  /** What happened. */
  text: string,
  /** What to do. */
  hint: string | null,
};

/** Which order. */
export type OrderArgs = {
  /** Its connection. */
  connection: number,
  /** The platform's id. */
  key: string,
};

/** An order in full. */
export type OrderDetail = {
  /** Its connection. */
  connection: number,
  /** The platform's id. */
  key: string,
  /** The number people see. */
  name: string,
  /** Where it was sold. */
  channel: string,
  /** When it was placed. */
  placed_text: string,
  /** How it stands. */
  status_text: string,
  /** Who bought, as far as the platform tells customers apart. */
  customer_text: string,
  /** The order total as charged, cancelled quantity left out. */
  total_text: string,
  /** Currency of every amount. */
  currency: string,
  /** What to know about its figures. */
  note: string | null,
  /** Its lines. */
  lines: Array<OrderLine>,
  /** What happened, oldest first. */
  timeline: Array<TimelineEntry>,
  /** Its ledger rows. */
  postings: Array<PostingRow>,
  /** Ids of the raw records it rests on. */
  raws: Array<number>,
};

/** A line of an order. */
export type OrderLine = {
  /** Title at the time of sale. */
  title: string,
  /** SKU; empty where the platform has none. */
  sku: string,
  /** Units placed. */
  quantity_text: string,
  /** Price × quantity before discounts, without tax. */
  price_text: string,
  /** Discounts. */
  discount_text: string,
  /** Tax. */
  tax_text: string,
  /** Price and discounts, less what was withdrawn or returned. */
  net_text: string,
  /** How it stands. */
  state_text: string,
};

/** A page of orders. */
export type OrderList = {
  /** The orders, newest first. */
  rows: Array<RecentOrder>,
  /** The page shown, from 0. */
  page: number,
  /** Number of pages. */
  pages: number,
  /** How many there are. */
  count_text: string,
};

/** A page of orders. */
export type OrdersArgs = {
  /** Which orders. */
  filter: OrdersFilter,
  /** Page, from 0. */
  page: number,
};

/** Which orders. */
export type OrdersFilter = {
  /** Part of the order's number, or an order's or a customer's id; empty for all. */
  search: string,
  /** First order day. */
  from: Day | null,
  /** Last order day. */
  to: Day | null,
  /** Channel codes of the frame; empty means all. */
  channels: Array<string>,
};

/** A passphrase to set, or to take away. */
export type PassphraseArgs = {
  /** The one that holds now; null where there is none. */
  current: string | null,
  /** The one that is to hold; null puts the key into the system's keyring. */
  new: string | null,
};

/** A signed ledger row. */
export type PostingRow = {
  /** Code of what it is for. */
  kind: string,
  /** The same on screens. */
  label: string,
  /** The day it happened. */
  event_day: Day,
  /** Signed: money to the seller is positive. */
  amount_text: string,
  /** The same as a plain decimal, to the last digit that is kept. */
  amount: string,
  /** Title of the order's line it belongs to; null where it belongs to the whole order. */
  line: string | null,
  /** Id of the raw record it was read from. */
  raw: number,
  /** Where in that record. */
  path: string,
  /** Its marks: `cancelled`, `edit`, `estimated`, `ship_day_estimated`, `restocked`, and for costs `cost_estimated`. */
  flags: string[],
  /** The same in words. */
  flags_text: string,
};

/** A range of days to choose. */
export type Preset = {
  /** The code. */
  code: string,
  /** The name on screens. */
  label: string,
  /** First day. */
  from: Day,
  /** Last day. */
  to: Day,
};

/** Which profile. */
export type ProfileArgs = {
  /** Its id. */
  id: string,
};

/** A profile to choose. */
export type ProfileRef = {
  /** Its id. */
  id: string,
  /** The name on screens. */
  name: string,
  /** Holds invented data only. */
  demo: boolean,
  /** The one that is shown. */
  active: boolean,
};

/** Every profile of the home. */
export type Profiles = {
  /** Those that can be told, by name. */
  profiles: Array<ProfileRef>,
  /** Those that cannot. */
  lost: Array<LostProfile>,
};

/** How far a run is. */
export type Progress = {
  /** Records done. */
  done: number,
  /** Records in all, where known. */
  total: number | null,
  /** What it does. */
  text: string,
  /** What is left, where there is an estimate. */
  eta_text: string | null,
};

/** A range of days with its name. */
export type Range = {
  /** First day. */
  from: Day,
  /** Last day. */
  to: Day,
  /** As people write it. */
  label: string,
};

/** The answer of a platform, or the file, that a record came with. */
export type RawAnswer = {
  /** Address without secrets, or the file's name. */
  address: string,
  /** Its status. */
  status: string,
  /** Headers that were kept. */
  headers: Array<[string, string]>,
};

/** Which record. */
export type RawArgs = {
  /** Its id. */
  id: number,
};

/** A page of records. */
export type RawList = {
  /** Streams to filter by. */
  streams: Array<Choice>,
  /** The records, latest first. */
  rows: Array<RawRow>,
  /** The page shown, from 0. */
  page: number,
  /** Number of pages. */
  pages: number,
  /** How many there are. */
  count_text: string,
};

/** A page of records. */
export type RawListArgs = {
  /** Only of this stream. */
  stream: string | null,
  /** The platform's id of a thing, or an order's number; empty for all. */
  search: string,
  /** Page, from 0. */
  page: number,
};

/** A record as it came. */
export type RawRecord = {
  /** Its id. */
  id: number,
  /** The stream it belongs to. */
  stream: string,
  /** The platform's id of the thing. */
  key: string,
  /** Which part of the thing it tells. */
  facet: string,
  /** When it was fetched or imported. */
  fetched_text: string,
  /** Where it came from. */
  source: string,
  /** Length of the bytes. */
  size_text: string,
  /** Every version of this part that is stored, the current one first. */
  versions: Array<RawVersion>,
  /** The stored bytes as text; null when retention removed them. */
  text: string | null,
  /** When and why the bytes were removed. */
  removed_text: string | null,
  /** The answer it came with. */
  answer: RawAnswer | null,
};

/** A record in a list. */
export type RawRow = {
  /** Its id. */
  id: number,
  /** The stream it belongs to. */
  stream: string,
  /** The platform's id of the thing. */
  key: string,
  /** Which part of the thing it tells. */
  facet: string,
  /** When it was fetched or imported. */
  fetched_text: string,
  /** Length of the bytes. */
  size_text: string,
  /** How many versions of this part are stored. */
  versions_text: string,
};

/** A stored version of a record. */
export type RawVersion = {
  /** Its id. */
  id: number,
  /** When it was fetched or imported. */
  fetched_text: string,
  /** The one the ledger rests on. */
  current: boolean,
};

/** An order in a list. */
export type RecentOrder = {
  /** Its connection. */
  connection: number,
  /** The platform's id. */
  key: string,
  /** The number people see. */
  name: string,
  /** When it was placed. */
  placed_text: string,
  /** Where it was sold. */
  channel: string,
  /** Who bought, as far as the platform tells customers apart. */
  customer_text: string,
  /** The order total as charged, cancelled quantity left out. */
  total_text: string,
  /** How it stands. */
  status_text: string,
};

/** A region of Amazon. */
export type RegionChoice = {
  /** Its short name. */
  code: string,
  /** Its name on screens. */
  label: string,
  /** Its marketplaces by country. */
  marketplaces: Array<Choice>,
};

/** An account to disconnect. */
export type RemoveArgs = {
  /** Number of the connection. */
  connection: number,
  /** Delete everything stored of it too; its sales leave the figures. */
  delete_data: boolean,
};

/** What became of an account that was disconnected. */
export type RemovedAccount = {
  /** What was done. */
  text: string,
  /** What is left to do at the platform. */
  next_step: string | null,
};

/** How a right stands. */
export type RightState = "granted" | "missing" | "untried";

/** A sync of a connection. */
export type Run = {
  /** Its id. */
  id: number,
  /** The connection. */
  connection: number,
  /** Its name. */
  connection_label: string,
  /** Code of its platform. */
  channel: string,
  /** How it stands. */
  state: RunState,
  /** The same in a word or two. */
  state_text: string,
  /** When it began. */
  started_text: string,
  /** When it ended. */
  finished_text: string | null,
  /** How far it is, while it runs. */
  progress: Progress | null,
  /** What it brought. */
  counts_text: string,
  /** What ended it. */
  error: ApiError | null,
  /** What to know about it: streams that were left out, limits that were met. */
  notes: Array<string>,
};

/** Which run. */
export type RunArgs = {
  /** Its id. */
  id: number,
};

/** How a run stands. */
export type RunState = "running" | "waiting" | "done" | "failed" | "cancelled" | "interrupted";

/** A scope and what it is for. */
export type ScopeWhy = {
  /** Its name on the platform. */
  scope: string,
  /** What it is for. */
  why: string,
  /** Nothing works without it. */
  required: boolean,
};

/** The age of a client secret. */
export type SecretAge = {
  /** How it stands. */
  state: SecretState,
  /** When it was made and when it ends. */
  text: string,
  /** What to do, where something is to do. */
  next_step: string | null,
};

/** A new client secret of an account's application. */
export type SecretArgs = {
  /** Number of the connection. */
  connection: number,
  /** The new secret. */
  client_secret: string,
  /** Day it was made; today where null. */
  made: Day | null,
};

/** How a secret that ends by its age stands. */
export type SecretState = "good" | "soon" | "ended";

/** How the profile's key is kept. */
export type Security = {
  /** Where it is. */
  kept_in: KeptIn,
  /** The same in a sentence. */
  text: string,
  /** Nobody opens the profile until it is unlocked. */
  locked: boolean,
  /** The system has a keyring that could keep it. */
  keyring: boolean,
};

/** A setting to change. */
export type SetSettingArgs = {
  /** Its key. */
  key: string,
  /** The new value. */
  value: string,
};

/** Settings that belong together. */
export type SettingGroup = {
  /** The name on screens. */
  label: string,
  /** The settings. */
  items: Array<SettingItem>,
};

/** All settings. */
export type SettingGroups = {
  /** By group. */
  groups: Array<SettingGroup>,
};

/** A setting. */
export type SettingItem = {
  /** Its key. */
  key: string,
  /** The name on screens. */
  label: string,
  /** What it does. */
  hint: string | null,
  /** How it is entered. */
  kind: SettingKind,
  /** The value now. */
  value: string,
  /** Values to choose, where it is a choice. */
  options: Array<SettingOption>,
};

/** How a setting is entered. */
export type SettingKind = "choice" | "toggle" | "text";

/** A value to choose. */
export type SettingOption = {
  /** The value. */
  value: string,
  /** The name on screens. */
  label: string,
};

/** The account that answered. */
export type ShopRef = {
  /** Its name. */
  name: string,
  /** Its address. */
  domain: string,
  /** Its currency. */
  currency: string,
  /** Its time zone. */
  zone: string,
};

/** How a Shopify shop lets the program in. Secrets print dots. */
export type ShopifyCredentials = {
  "route": "client_credentials",
  /** The app's client id. */
  client_id: string,
  /** Its secret. */
  client_secret: string,
} | { "route": "consent",
  /** The app's client id. */
  client_id: string,
  /** Its secret. */
  client_secret: string,
  /** Ask for tokens that expire and are renewed. */
  expiring: boolean,
} | { "route": "token",
  /** The token. */
  token: string,
};

/** What to choose in Shopify before connecting. */
export type ShopifySetup = {
  /** The scopes, as one line to paste. */
  scopes: string,
  /** The same one by one. */
  scope_list: Array<ScopeWhy>,
  /** Redirect addresses to enter. */
  redirect_urls: Array<string>,
};

/** Work that began. */
export type Started = {
  /** The run to follow; the first where there are several. */
  run: number,
  /** All runs that began: one for each connection. Each is cancelled by itself. */
  runs: Array<number>,
};

/** What to sync. */
export type SyncArgs = {
  /** The connection; null for all. */
  connection: number | null,
  /** From the beginning, not only what is new. */
  full: boolean,
};

/** The content of a drawing as text, for screen readers and for people who prefer numbers. */
export type Table = {
  /** The headings. */
  columns: Array<Column>,
  /** The cells, one row per point. */
  rows: Array<Array<string>>,
};

/** What an account said when it was asked who it is. */
export type TestedAccount = {
  /** Who answered. */
  text: string,
  /** What it lets be read. */
  rights: Array<AccountRight>,
  /** What the user should know. */
  notes: Array<string>,
};

/** Colours of the window. */
export type Theme = "system" | "light" | "dark";

/** A key figure. */
export type Tile = {
  /** The metric's name. */
  metric: string,
  /** The name on screens. */
  label: string,
  /** The figure; a dash where it is unknown. */
  value_text: string,
  /** The figure as a plain decimal; null where it is unknown. */
  raw: string | null,
  /** The change against the compared period; null without a base. */
  change_text: string | null,
  /** Where it went; null without a base. */
  change_direction: Direction | null,
  /** Whether the change is welcome; null where it is neither. */
  good: boolean | null,
  /** The figure of the compared period. */
  previous_text: string | null,
  /** The formula in words. */
  formula: string,
  /** Its course over the range. */
  sparkline: Drawing | null,
  /** Why it is unknown, or what is missing in it. */
  note: string | null,
};

/** Something that happened to an order. */
export type TimelineEntry = {
  /** When. */
  when_text: string,
  /** What. */
  label: string,
  /** The money in it. */
  amount_text: string | null,
};

/** A figure and what it is made of. */
export type Trace = {
  /** The metric's name on screens. */
  label: string,
  /** The days. */
  range: Range,
  /** The definition. */
  definition: DefinitionRef,
  /** The figure; a dash where it is unknown. */
  figure_text: string,
  /** The same as data: money as text with the currency's decimals, a count or a ratio as a number, `null` where it is unknown. */
  figure: string | number | null,
  /** What it is: `money`, `count` or `rate`. */
  unit: string,
  /** Currency of the sums; null where several are in play or none is known. */
  currency: string | null,
  /** Why it is unknown, or which orders are missing in it. */
  note: string | null,
  /** Its formula in words. */
  formula: string,
  /** The sums of the formula; those that are added make the figure, or stand above the line of a ratio. */
  terms: Array<TraceTerm>,
  /** Orders behind it, newest first. */
  orders: Array<TraceOrder>,
  /** How many there are. */
  orders_text: string,
  /** There are more orders after these. */
  more: boolean,
};

/** Which figure. */
export type TraceArgs = {
  /** The metric's name. */
  metric: string,
  /** First day. */
  from: Day,
  /** Last day. */
  to: Day,
  /** By which definition. */
  definition: DefinitionCode,
  /** Channel codes of the frame; empty means all. */
  channels: Array<string>,
  /** Orders already shown; the answer goes on after them. */
  after: number,
};

/** An order behind a figure. */
export type TraceOrder = {
  /** Its connection. */
  connection: number,
  /** The platform's id. */
  key: string,
  /** The number people see. */
  name: string,
  /** What it adds to the figure, or above the line of a ratio. */
  amount_text: string,
  /** The same as a plain decimal. */
  amount: string,
  /** Its ledger rows that stand behind the figure; none where only the order is counted. */
  postings: Array<PostingRow>,
  /** Ids of the raw records the order rests on. */
  raws: Array<number>,
};

/** A sum of the formula. */
export type TraceTerm = {
  /** What is summed; `÷` before what stands below the line of a ratio. */
  label: string,
  /** How much, with the sign it has in the formula. */
  amount_text: string,
  /** The same as a plain decimal. */
  amount: string,
};

/** A passphrase a person typed. */
export type UnlockArgs = {
  /** The profile's passphrase. */
  passphrase: string,
};

/** Every command: its arguments and its result. */
export interface Commands {
  frame: { args: NoArgs; result: Frame };
  dashboard: { args: DashboardArgs; result: Dashboard };
  orders: { args: OrdersArgs; result: OrderList };
  order: { args: OrderArgs; result: OrderDetail };
  trace: { args: TraceArgs; result: Trace };
  raw: { args: RawArgs; result: RawRecord };
  raw_list: { args: RawListArgs; result: RawList };
  runs: { args: NoArgs; result: Array<Run> };
  issues: { args: IssuesArgs; result: IssueList };
  connections: { args: NoArgs; result: Array<Connection> };
  health: { args: NoArgs; result: Health };
  settings: { args: NoArgs; result: SettingGroups };
  shopify_setup: { args: NoArgs; result: ShopifySetup };
  amazon_setup: { args: NoArgs; result: AmazonSetup };
  accounts: { args: NoArgs; result: Accounts };
  connect_status: { args: AttemptArgs; result: Attempt };
  sync: { args: SyncArgs; result: Started };
  cancel_run: { args: RunArgs; result: null };
  start_demo: { args: DemoArgs; result: Started };
  profiles: { args: NoArgs; result: Profiles };
  choose_profile: { args: ProfileArgs; result: null };
  create_profile: { args: NewProfileArgs; result: null };
  set_setting: { args: SetSettingArgs; result: null };
  connect_shopify: { args: ConnectShopifyArgs; result: Attempt };
  connect_amazon: { args: ConnectAmazonArgs; result: Attempt };
  replace_secret: { args: SecretArgs; result: null };
  test_account: { args: AccountArgs; result: TestedAccount };
  remove_account: { args: RemoveArgs; result: RemovedAccount };
  connect_finish: { args: FinishArgs; result: Attempt };
  connect_cancel: { args: AttemptArgs; result: null };
  security: { args: NoArgs; result: Security };
  lock: { args: NoArgs; result: null };
  unlock: { args: UnlockArgs; result: null };
  set_passphrase: { args: PassphraseArgs; result: null };
}

export type Command = keyof Commands;

/** The class of each command: the entry of the window that carries it. */
export const CLASS: Record<Command, CommandClass> = {
  frame: 'read',
  dashboard: 'read',
  orders: 'read',
  order: 'read',
  trace: 'read',
  raw: 'read',
  raw_list: 'read',
  runs: 'read',
  issues: 'read',
  connections: 'read',
  health: 'read',
  settings: 'read',
  shopify_setup: 'read',
  amazon_setup: 'read',
  accounts: 'read',
  connect_status: 'read',
  sync: 'change',
  cancel_run: 'change',
  start_demo: 'change',
  profiles: 'read',
  choose_profile: 'change',
  create_profile: 'change',
  set_setting: 'change',
  connect_shopify: 'files',
  connect_amazon: 'files',
  replace_secret: 'files',
  test_account: 'change',
  remove_account: 'change',
  connect_finish: 'files',
  connect_cancel: 'change',
  security: 'read',
  lock: 'change',
  unlock: 'files',
  set_passphrase: 'files',
};
