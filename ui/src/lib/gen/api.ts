// The border: every command with its class, arguments and result. Texts arrive formatted; the UI computes no figures.

/** A civil day, `YYYY-MM-DD`. */
export type Day = string;

export type ErrorCode =
  | 'invalid' | 'not_found' | 'needs_reconnect' | 'throttled' | 'offline' | 'locked' | 'keyring_unavailable'
  | 'database_too_new' | 'disk_full' | 'busy' | 'cancelled' | 'refused_by_channel' | 'internal';

export interface ApiError {
  code: ErrorCode;
  message: string;
  hint: string | null;
  channel: string | null;
}

// ---- charts

export interface Drawing {
  svg: string;
  width: number;
  height: number;
  /** The labels of what is drawn, in the order of a hit's values. */
  series: string[];
  axis: 'x' | 'y';
  hits: Hit[];
  table: ChartTable;
  title: string;
  description: string;
}

export interface Hit {
  from: number;
  to: number;
  at: number;
  label: string;
  values: HitValue[];
}

export interface HitValue {
  label: string;
  text: string;
  mark: number | null;
}

export interface ChartTable {
  columns: ChartColumn[];
  rows: string[][];
}

export interface ChartColumn {
  label: string;
  numeric: boolean;
}

// ---- frame

export type DefinitionCode = 'order_totals' | 'platform' | 'accounting';

export interface Choice {
  code: string;
  label: string;
}

export interface DefinitionChoice {
  code: DefinitionCode;
  label: string;
  explanation: string;
}

export interface Preset {
  code: string;
  label: string;
  from: Day;
  to: Day;
}

export interface ProfileRef {
  id: string;
  name: string;
  demo: boolean;
  active: boolean;
}

export interface Frame {
  version: string;
  profiles: ProfileRef[];
  /** Nothing is connected and nothing was imported: the first-run screen opens. */
  empty: boolean;
  today: Day;
  definition: DefinitionCode;
  definitions: DefinitionChoice[];
  preset: string;
  presets: Preset[];
  compare: string;
  compares: Choice[];
  channels: Choice[];
  theme: 'system' | 'light' | 'dark';
  /** Things a person must do, most urgent first. */
  notices: Notice[];
}

export interface Notice {
  code: ErrorCode;
  text: string;
  hint: string | null;
}

// ---- dashboard

export interface DashboardArgs {
  from: Day;
  to: Day;
  compare: string;
  definition: DefinitionCode;
  /** Channel codes; empty means all. */
  channels: string[];
}

export interface Range {
  from: Day;
  to: Day;
  label: string;
}

export interface Tile {
  metric: string;
  label: string;
  value_text: string;
  raw: string | null;
  change_text: string | null;
  change_direction: 'up' | 'down' | 'flat' | null;
  /** Whether the change is welcome; null where it is neither. */
  good: boolean | null;
  previous_text: string | null;
  formula: string;
  sparkline: Drawing | null;
  note: string | null;
}

export interface ChannelRow {
  channel: string;
  label: string;
  revenue_text: string;
  orders_text: string;
  aov_text: string;
  share_text: string;
}

export interface RecentOrder {
  connection: number;
  key: string;
  name: string;
  placed_text: string;
  channel: string;
  customer_text: string;
  total_text: string;
  status_text: string;
}

export interface BestProduct {
  sku: string;
  title: string;
  units_text: string;
  net_text: string;
  profit_text: string;
}

export interface CompletenessLine {
  label: string;
  value_text: string;
  ok: boolean;
}

export interface Dashboard {
  definition: { code: DefinitionCode; label: string };
  range: Range;
  previous: Range | null;
  not_final_days: Day[];
  not_final_text: string | null;
  insights: string[];
  tiles: Tile[];
  revenue: Drawing;
  share: Drawing | null;
  channels: ChannelRow[];
  recent_orders: RecentOrder[];
  best_products: BestProduct[];
  best_products_chart: Drawing | null;
  completeness: { lines: CompletenessLine[] };
  currencies: string[];
  /** Why there is no total (for example a missing rate); the tiles then have no values. */
  blocked: string | null;
}

// ---- orders

export interface OrdersArgs {
  filter: { search: string; from: Day | null; to: Day | null; channels: string[] };
  page: number;
}

export interface OrderList {
  rows: RecentOrder[];
  page: number;
  pages: number;
  count_text: string;
}

export interface OrderDetail {
  connection: number;
  key: string;
  name: string;
  channel: string;
  placed_text: string;
  status_text: string;
  customer_text: string;
  total_text: string;
  currency: string;
  note: string | null;
  lines: OrderLine[];
  timeline: TimelineEntry[];
  postings: PostingRow[];
}

export interface OrderLine {
  title: string;
  sku: string;
  quantity_text: string;
  price_text: string;
  discount_text: string;
  tax_text: string;
  net_text: string;
  state_text: string;
}

export interface TimelineEntry {
  when_text: string;
  label: string;
  amount_text: string | null;
}

export interface PostingRow {
  kind: string;
  label: string;
  event_day: Day;
  amount_text: string;
  /** The line's title, or what the row is for where it belongs to the whole order. */
  line: string | null;
  raw: number;
  path: string;
  flags_text: string;
}

// ---- trace

export interface TraceArgs {
  metric: string;
  from: Day;
  to: Day;
  definition: DefinitionCode;
  channels: string[];
  /** Orders already shown; the answer goes on after them. */
  after: number;
}

export interface Trace {
  label: string;
  range: Range;
  definition: { code: DefinitionCode; label: string };
  figure_text: string;
  formula: string;
  terms: TraceTerm[];
  orders: TraceOrder[];
  orders_text: string;
  more: boolean;
}

export interface TraceTerm {
  label: string;
  amount_text: string;
}

export interface TraceOrder {
  connection: number;
  key: string;
  name: string;
  amount_text: string;
  postings: PostingRow[];
}

// ---- raw

export interface RawRecord {
  id: number;
  stream: string;
  key: string;
  facet: string;
  fetched_text: string;
  source: string;
  size_text: string;
  versions: { id: number; fetched_text: string; current: boolean }[];
  /** The stored bytes as text; null when retention removed them. */
  text: string | null;
  removed_text: string | null;
  answer: { address: string; status: string; headers: [string, string][] } | null;
}

export interface RawListArgs {
  stream: string | null;
  search: string;
  page: number;
}

export interface RawList {
  streams: Choice[];
  rows: RawRow[];
  page: number;
  pages: number;
  count_text: string;
}

export interface RawRow {
  id: number;
  stream: string;
  key: string;
  facet: string;
  fetched_text: string;
  size_text: string;
  versions_text: string;
}

// ---- sync

export interface Run {
  id: number;
  connection: number;
  connection_label: string;
  channel: string;
  state: 'running' | 'waiting' | 'done' | 'failed' | 'cancelled';
  state_text: string;
  started_text: string;
  finished_text: string | null;
  progress: { done: number; total: number | null; text: string; eta_text: string | null } | null;
  counts_text: string;
  error: ApiError | null;
}

export interface Issue {
  id: number;
  channel: string;
  stream: string;
  key: string;
  text: string;
  hint: string | null;
  seen_text: string;
  raw: number | null;
  path: string | null;
}

export interface IssueList {
  rows: Issue[];
  page: number;
  pages: number;
  count_text: string;
}

export interface Connection {
  id: number;
  channel: string;
  channel_label: string;
  label: string;
  detail_text: string;
  state: 'ok' | 'attention' | 'broken';
  state_text: string;
  last_sync_text: string;
  complete_since_text: string | null;
  next_step: string | null;
  demo: boolean;
}

export interface HealthLine {
  label: string;
  value_text: string;
  ok: boolean;
  next_step: string | null;
}

// ---- connecting

export interface ShopifySetup {
  /** What to choose in Shopify, as one line to paste. */
  scopes: string;
  scope_list: { scope: string; why: string; required: boolean }[];
  redirect_urls: string[];
}

export type ShopifyCredentials =
  | { route: 'client_credentials'; client_id: string; client_secret: string }
  | { route: 'consent'; client_id: string; client_secret: string; expiring: boolean }
  | { route: 'token'; token: string };

export interface ConnectShopifyArgs {
  shop: string;
  credentials: ShopifyCredentials;
  /** A loopback address or another https host instead of the shop's own. */
  endpoint: string | null;
}

export interface Attempt {
  id: string;
  state: 'waiting_for_browser' | 'testing' | 'connected' | 'failed';
  text: string;
  /** The consent page, for a browser that did not open by itself. */
  authorize_url: string | null;
  connection: number | null;
  shop: { name: string; domain: string; currency: string; zone: string } | null;
  granted: string[];
  missing: { scope: string; effect: string }[];
  error: ApiError | null;
}

// ---- settings

export interface SettingGroup {
  label: string;
  items: SettingItem[];
}

export interface SettingItem {
  key: string;
  label: string;
  hint: string | null;
  kind: 'choice' | 'toggle' | 'text';
  value: string;
  options: { value: string; label: string }[];
}

// ---- the list

export interface Commands {
  frame: { args: Record<string, never>; result: Frame };
  dashboard: { args: DashboardArgs; result: Dashboard };
  orders: { args: OrdersArgs; result: OrderList };
  order: { args: { connection: number; key: string }; result: OrderDetail };
  trace: { args: TraceArgs; result: Trace };
  raw: { args: { id: number }; result: RawRecord };
  raw_list: { args: RawListArgs; result: RawList };
  runs: { args: Record<string, never>; result: Run[] };
  issues: { args: { page: number }; result: IssueList };
  connections: { args: Record<string, never>; result: Connection[] };
  health: { args: Record<string, never>; result: { lines: HealthLine[] } };
  settings: { args: Record<string, never>; result: { groups: SettingGroup[] } };
  shopify_setup: { args: Record<string, never>; result: ShopifySetup };
  connect_status: { args: { attempt: string }; result: Attempt };
  sync: { args: { connection: number | null; full: boolean }; result: { run: number } };
  cancel_run: { args: { id: number }; result: null };
  start_demo: { args: { days: number }; result: { run: number } };
  choose_profile: { args: { id: string }; result: null };
  set_setting: { args: { key: string; value: string }; result: null };
  connect_shopify: { args: ConnectShopifyArgs; result: Attempt };
  connect_finish: { args: { attempt: string; address: string }; result: Attempt };
  connect_cancel: { args: { attempt: string }; result: null };
}

export type Command = keyof Commands;
export type CommandClass = 'read' | 'change' | 'files';

/** The Tauri command that carries each command of the list. */
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
  connect_status: 'read',
  sync: 'change',
  cancel_run: 'change',
  start_demo: 'change',
  choose_profile: 'change',
  set_setting: 'change',
  connect_shopify: 'files',
  connect_finish: 'files',
  connect_cancel: 'change',
};

export interface Events {
  /** Figures, orders or settings changed; every page reads anew. */
  data_changed: Record<string, never>;
  /** A run began, went on or ended. */
  run: Run;
}
