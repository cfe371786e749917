#include "control/state/state_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "control/state/crc32c.hpp"
#include "control/state/state_wire.hpp"

namespace honeyswitch::control {
namespace {

namespace wire = state_wire;

template <typename Wire>
void append(StateBytes& bytes, const Wire& value) {
    const std::size_t before = bytes.size();
    bytes.resize(before + sizeof value);
    std::memcpy(bytes.data() + before, &value, sizeof value);
}

/// Precondition: there are as many bytes.
template <typename Wire>
Wire read(std::span<const std::uint8_t> bytes, std::size_t offset = 0) {
    Wire value{};
    std::memcpy(&value, bytes.subspan(offset).data(), sizeof value);
    return value;
}

std::uint32_t checksum_of(const wire::Head& head, std::span<const std::uint8_t> entries) {
    std::uint8_t before[offsetof(wire::Head, checksum)];
    std::memcpy(before, &head, sizeof before);
    return crc32c(entries, crc32c(before));
}

/// 0: its entries differ in length.
std::size_t size_of(StateKind kind) {
    switch (kind) {
        case StateKind::honeypots:
        case StateKind::links:
        case StateKind::agents:
            return 0;
        case StateKind::campus:
            return sizeof(wire::Prefix);
        case StateKind::watches:
            return sizeof(wire::Watch);
        case StateKind::vouchers:
            return sizeof(wire::Voucher);
        case StateKind::sightings:
            return sizeof(wire::Sighting);
        case StateKind::sessions:
            return sizeof(wire::Session);
        case StateKind::end:
            return sizeof(wire::Totals);
    }
    return 0;
}

wire::Prefix wire_of(Ipv4Prefix prefix) {
    return {.network = Be32::from_host(prefix.network.value), .length = prefix.length, .reserved = {}};
}

Ipv4Prefix prefix_of(const wire::Prefix& prefix) {
    return Ipv4Prefix::of({prefix.network.host()}, prefix.length);
}

/// Far from where sums of times overflow.
bool is_good(std::int64_t time) {
    constexpr auto most = std::int64_t{1} << 50;
    return -most < time && time < most;
}

bool is_good(const wire::Prefix& prefix) {
    return prefix.length <= 32 && prefix_of(prefix).network.value == prefix.network.host();
}

bool is_good(const wire::Session& session) {
    return session.key.kind <= dataplane::KeyKind::portless && session.key.reserved == 0 &&
           session.tag_count <= max_vlan_tags && session.progress < dataplane::step_count &&
           session.counted < dataplane::step_count && session.flags <= wire::Session::all_flags &&
           is_good(session.created) && is_good(session.last_seen) && is_good(session.outlives_since);
}

StateFlaw broken(std::string reason) {
    return {StateFlaw::Kind::broken, std::move(reason)};
}

}  // namespace

StateBytes header_bytes(const StateHeader& header) {
    wire::Header head{.magic = wire::magic,
                      .version = state_version,
                      .flags = header.observing ? wire::Header::observing : 0,
                      .saved_at = header.saved_at.time_since_epoch().count(),
                      .reserved = 0,
                      .checksum = 0};
    StateBytes bytes;
    append(bytes, head);
    head.checksum = crc32c(std::span(bytes).first(offsetof(wire::Header, checksum)));
    bytes.clear();
    append(bytes, head);
    return bytes;
}

std::expected<StateHeader, StateFlaw> parse_header(std::span<const std::uint8_t> bytes) {
    const auto head = read<wire::Header>(bytes);
    if (head.magic != wire::magic) return std::unexpected(broken("it does not begin as one"));
    if (head.version > state_version)
        return std::unexpected(StateFlaw{
            StateFlaw::Kind::newer,
            fmt::format("it is of version {}, and this program knows {}", head.version, state_version)});
    if (head.version != state_version || head.flags > wire::Header::observing || !is_good(head.saved_at) ||
        head.checksum != crc32c(bytes.first(offsetof(wire::Header, checksum))))
        return std::unexpected(broken("its header is damaged"));
    return StateHeader{.saved_at = WallMilliseconds{Milliseconds{head.saved_at}},
                       .observing = head.flags != 0};
}

StateBytes end_bytes(const StateTotals& totals) {
    const wire::Totals body{.watches = totals.watches,
                            .vouchers = totals.vouchers,
                            .sightings = totals.sightings,
                            .sessions = totals.sessions};
    StateBytes entries;
    append(entries, body);
    wire::Head head{
        .kind = std::to_underlying(StateKind::end), .entries = 1, .bytes = sizeof body, .checksum = 0};
    head.checksum = checksum_of(head, entries);
    StateBytes bytes;
    append(bytes, head);
    append(bytes, body);
    return bytes;
}

StateBlockWriter::StateBlockWriter(StateKind kind) : kind_(kind), bytes_(sizeof(wire::Head)) {}

template <typename Wire>
void StateBlockWriter::put(const Wire& value) {
    append(bytes_, value);
    ++entries_;
}

StateBytes StateBlockWriter::take() {
    wire::Head head{.kind = std::to_underlying(kind_),
                    .entries = std::exchange(entries_, 0),
                    .bytes = static_cast<std::uint32_t>(bytes_.size() - sizeof(wire::Head)),
                    .checksum = 0};
    head.checksum = checksum_of(head, std::span(bytes_).subspan(sizeof head));
    std::memcpy(bytes_.data(), &head, sizeof head);
    StateBytes next;
    next.reserve(bytes_.size());
    next.resize(sizeof head);
    return std::exchange(bytes_, std::move(next));
}

void StateBlockWriter::add(const SavedName& name) {
    const auto length = std::min<std::size_t>(name.name.size(), 255);
    put(wire::Name{.number = name.number,
                   .mac = name.mac.value_or(MacAddress{}).octets,
                   .length = static_cast<std::uint8_t>(length),
                   .reserved = 0});
    bytes_.insert(bytes_.end(), name.name.begin(), name.name.begin() + static_cast<std::ptrdiff_t>(length));
}

void StateBlockWriter::add(Ipv4Prefix prefix) {
    put(wire_of(prefix));
}

void StateBlockWriter::add(const WatchRecord& watch, const ClockPair& clocks) {
    put(wire::Watch{.domain = wire_of(watch.domain),
                    .agent = std::to_underlying(watch.agent),
                    .reserved = 0,
                    .lapse = clocks.to_wall(watch.lapse)});
}

void StateBlockWriter::add(SavedVoucher voucher) {
    put(wire::Voucher{.address = Be32::from_host(voucher.address.value),
                      .agent = std::to_underlying(voucher.agent)});
}

void StateBlockWriter::add(const SightingRecord& sighting, const ClockPair& clocks) {
    put(wire::Sighting{.address = Be32::from_host(sighting.address.value),
                       .asked = static_cast<std::uint8_t>(sighting.asked ? 1 : 0),
                       .reserved = {},
                       .due = clocks.to_wall(sighting.due)});
}

void StateBlockWriter::add(const SessionRecord& session, const ClockPair& clocks) {
    const SessionStats& stats = session.stats;
    unsigned flags = session.contained ? wire::Session::contained : 0U;
    if (session.lasting) flags |= wire::Session::lasting;
    if (session.ended) flags |= wire::Session::ended;
    if (session.outlives_since) flags |= wire::Session::outlives;
    put(wire::Session{.key = stats.key,
                      .destination = stats.path.destination,
                      .source = stats.path.source,
                      .tags = stats.path.tags,
                      .tag_count = stats.path.tag_count,
                      .link = stats.path.link,
                      .honeypot = std::to_underlying(stats.honeypot),
                      .progress = std::to_underlying(stats.progress),
                      .counted = std::to_underlying(session.counted),
                      .flags = static_cast<std::uint8_t>(flags),
                      .flow_id_high = static_cast<std::uint16_t>(session.flow_id >> 32U),
                      .packets_in = static_cast<std::uint32_t>(stats.packets_in),
                      .packets_out = static_cast<std::uint32_t>(stats.packets_out),
                      .flow_id_low = static_cast<std::uint32_t>(session.flow_id),
                      .created = clocks.to_wall(stats.created),
                      .last_seen = clocks.to_wall(stats.last_seen),
                      .outlives_since = session.outlives_since ? clocks.to_wall(*session.outlives_since) : 0,
                      .bytes_in = stats.bytes_in,
                      .bytes_out = stats.bytes_out});
}

std::expected<StateBlockHead, std::string> parse_head(std::span<const std::uint8_t> bytes) {
    const auto head = read<wire::Head>(bytes);
    if (head.kind == 0 || head.kind > std::to_underlying(StateKind::end))
        return std::unexpected(fmt::format("there is no kind {}", head.kind));
    if (head.bytes > StateBlockWriter::most_bytes)
        return std::unexpected(fmt::format("it has {} bytes, more than any", head.bytes));
    return StateBlockHead{.kind = static_cast<StateKind>(head.kind),
                          .entries = head.entries,
                          .bytes = head.bytes,
                          .checksum = head.checksum};
}

std::expected<StateBlock, std::string> StateBlock::check(const StateBlockHead& head,
                                                         std::span<const std::uint8_t> entries) {
    const wire::Head as_written{.kind = std::to_underlying(head.kind),
                                .entries = head.entries,
                                .bytes = head.bytes,
                                .checksum = head.checksum};
    if (head.checksum != checksum_of(as_written, entries)) return std::unexpected("its checksum is wrong");
    const StateBlock block(head.kind, head.entries, entries);
    const std::size_t size = size_of(head.kind);
    if (size != 0 && entries.size() != size * std::uint64_t{head.entries})
        return std::unexpected("its entries have another length");
    if (size == 0 && !block.names_are_good()) return std::unexpected("its names end elsewhere");
    if (size != 0)
        for (std::uint32_t i = 0; i < head.entries; ++i)
            if (!block.is_good(i)) return std::unexpected(fmt::format("entry {} cannot be", i + 1));
    return block;
}

template <typename Wire>
Wire StateBlock::at(std::uint32_t i) const {
    return read<Wire>(bytes_, i * sizeof(Wire));
}

bool StateBlock::is_good(std::uint32_t i) const {
    switch (kind_) {
        case StateKind::campus:
            return control::is_good(at<wire::Prefix>(i));
        case StateKind::watches:
            return control::is_good(at<wire::Watch>(i).domain) && control::is_good(at<wire::Watch>(i).lapse);
        case StateKind::sightings:
            return at<wire::Sighting>(i).asked <= 1 && control::is_good(at<wire::Sighting>(i).due);
        case StateKind::sessions:
            return control::is_good(at<wire::Session>(i));
        case StateKind::end:
            return entries_ == 1;
        default:
            return true;
    }
}

bool StateBlock::names_are_good() const {
    std::size_t place = 0;
    for (std::uint32_t i = 0; i < entries_; ++i) {
        if (bytes_.size() - place < sizeof(wire::Name)) return false;
        place += sizeof(wire::Name) + read<wire::Name>(bytes_, place).length;
        if (place > bytes_.size()) return false;
    }
    return place == bytes_.size();
}

std::vector<SavedName> StateBlock::names() const {
    std::vector<SavedName> names;
    names.reserve(entries_);
    std::size_t place = 0;
    for (std::uint32_t i = 0; i < entries_; ++i) {
        const auto head = read<wire::Name>(bytes_, place);
        place += sizeof head;
        const auto text = bytes_.subspan(place, head.length);
        SavedName name{.number = head.number, .name = std::string(text.begin(), text.end())};
        if (const MacAddress mac{head.mac}; !mac.is_zero()) name.mac = mac;
        names.push_back(std::move(name));
        place += head.length;
    }
    return names;
}

Ipv4Prefix StateBlock::prefix(std::uint32_t i) const {
    return prefix_of(at<wire::Prefix>(i));
}

WatchRecord StateBlock::watch(std::uint32_t i, const ClockPair& clocks) const {
    const auto watch = at<wire::Watch>(i);
    return {.agent = AgentId{watch.agent},
            .domain = prefix_of(watch.domain),
            .lapse = clocks.to_time(watch.lapse)};
}

SavedVoucher StateBlock::voucher(std::uint32_t i) const {
    const auto voucher = at<wire::Voucher>(i);
    return {.address = {voucher.address.host()}, .agent = AgentId{voucher.agent}};
}

SightingRecord StateBlock::sighting(std::uint32_t i, const ClockPair& clocks) const {
    const auto sighting = at<wire::Sighting>(i);
    return {.address = {sighting.address.host()},
            .asked = sighting.asked != 0,
            .due = clocks.to_time(sighting.due)};
}

SessionRecord StateBlock::session(std::uint32_t i, const ClockPair& clocks) const {
    const auto session = at<wire::Session>(i);
    const auto has = [&](std::uint8_t flag) { return (session.flags & flag) != 0; };
    SessionRecord record{.stats = {.key = session.key,
                                   .path = {.destination = session.destination,
                                            .source = session.source,
                                            .tags = session.tags,
                                            .tag_count = session.tag_count,
                                            .link = session.link},
                                   .honeypot = HoneypotId{session.honeypot},
                                   .progress = static_cast<Step>(session.progress),
                                   .created = clocks.to_time(session.created),
                                   .last_seen = clocks.to_time(session.last_seen),
                                   .packets_in = session.packets_in,
                                   .bytes_in = session.bytes_in,
                                   .packets_out = session.packets_out,
                                   .bytes_out = session.bytes_out},
                         .counted = static_cast<Step>(session.counted),
                         .contained = has(wire::Session::contained),
                         .lasting = has(wire::Session::lasting),
                         .ended = has(wire::Session::ended)};
    record.flow_id = std::uint64_t{session.flow_id_high} << 32U | session.flow_id_low;
    if (has(wire::Session::outlives)) record.outlives_since = clocks.to_time(session.outlives_since);
    return record;
}

StateTotals StateBlock::totals() const {
    const auto totals = at<wire::Totals>(0);
    return {.watches = totals.watches,
            .vouchers = totals.vouchers,
            .sightings = totals.sightings,
            .sessions = totals.sessions};
}

}  // namespace honeyswitch::control
