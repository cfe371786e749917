#include "tools/honeyrecord/feed/block_feed.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/headers.hpp"
#include "base/system/replaced_file.hpp"

namespace honeyswitch::record {
namespace {

/// Whether the session came so far: the words are the switch's.
bool came_far(const Json& body, bool with_data) {
    const auto step = body.find("step");
    if (step == body.end() || !step->is_string()) return false;
    const auto& word = step->get_ref<const std::string&>();
    return word == "payload" || (!with_data && word == "handshake");
}

std::int64_t seconds_left(WallTime until, WallTime now) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(until - now).count(), 1);
}

std::string head_of(FeedFormat format) {
    switch (format) {
        case FeedFormat::ipset:
            return fmt::format(
                "create honeyrecord hash:ip family inet timeout 0 maxelem {} -exist\nflush honeyrecord\n",
                BlockFeed::most_sources);
        case FeedFormat::nft:
            return "table inet honeyrecord {\n\tset sources {\n\t\ttype ipv4_addr\n\t\tflags "
                   "timeout\n\t}\n}\n"
                   "flush set inet honeyrecord sources\n";
        case FeedFormat::plain:
            break;
    }
    return {};
}

std::string entry_of(FeedFormat format, Ipv4Address address, std::int64_t seconds) {
    switch (format) {
        case FeedFormat::ipset:
            return fmt::format("add honeyrecord {} timeout {}\n", to_string(address), seconds);
        case FeedFormat::nft:
            return fmt::format("add element inet honeyrecord sources {{ {} timeout {}s }}\n",
                               to_string(address), seconds);
        case FeedFormat::plain:
            break;
    }
    return to_string(address) + "\n";
}

}  // namespace

void BlockFeed::set(FeedSettings settings) {
    settings.file = settings_.file;
    settings_ = std::move(settings);
    changed_ = true;
}

bool BlockFeed::listed(const Source& source) const {
    return source.sessions.size() >= settings_.sessions && source.destinations.size() >= settings_.addresses;
}

void BlockFeed::take(const Event& event) {
    if (!event.session || event.session->protocol != protocol::tcp) return;
    if (came_far(event.body, settings_.with_data))
        remember(event.session->source, event.session->destination, event.session->flow_id, event.time);
}

void BlockFeed::remember(Ipv4Address address, Ipv4Address destination, std::int64_t flow_id, WallTime time) {
    if (std::ranges::any_of(settings_.never, [&](Ipv4Prefix prefix) { return prefix.contains(address); }))
        return;
    const auto found = sources_.find(address);
    if (found == sources_.end() && sources_.size() >= most_sources) {
        ++unremembered_;
        return;
    }
    Source& source = found == sources_.end() ? sources_[address] : found->second;
    if (source.sessions.size() < settings_.sessions) source.sessions.insert(flow_id);
    if (source.destinations.size() < settings_.addresses) source.destinations.insert(destination.value);
    source.last = std::max(source.last, time);
    changed_ = changed_ || listed(source);
}

bool BlockFeed::tick(WallTime now) {
    const auto gone = std::erase_if(
        sources_, [&](const auto& source) { return source.second.last + settings_.lifetime <= now; });
    changed_ = changed_ || gone != 0;
    return changed_;
}

std::string BlockFeed::text(WallTime now) const {
    auto text = head_of(settings_.format);
    for (const auto& [address, source] : sources_) {
        const auto until = source.last + settings_.lifetime;
        if (until > now && listed(source))
            text += entry_of(settings_.format, address, seconds_left(until, now));
    }
    return text;
}

std::expected<void, std::string> BlockFeed::write(WallTime now) {
    namespace fs = std::filesystem;
    auto file = ReplacedFile::begin(settings_.file);
    if (!file) return std::unexpected(file.error());
    // Firewalls and web servers read it, whoever they run as.
    std::error_code ignored;
    fs::permissions(
        settings_.file.string() + ".new",
        fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read,
        ignored);
    if (auto written = file->write(std::string_view(text(now))); !written) return written;
    if (auto finished = file->finish(); !finished) return finished;
    changed_ = false;
    return {};
}

}  // namespace honeyswitch::record
