#include "agent/vouchers/voucher_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>

#include "agent/vouchers/static_list.hpp"

namespace honeyswitch::agent {
namespace {

std::optional<std::string> content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream content;
    content << file.rdbuf();
    if (file.bad()) return std::nullopt;
    return std::move(content).str();
}

/// While Kea's lease file clean-up runs, older entries are in files beside it. Their order is that of age.
std::optional<std::string> lease_text(const LeaseSource& source) {
    auto newest = content_of(source.path);
    if (!newest) return std::nullopt;
    if (source.format != LeaseFormat::kea_memfile) return newest;
    std::string text;
    for (const char* const suffix : {".2", ".1", ".completed"}) {
        const auto older = content_of(source.path.string() + suffix);
        if (older) text += *older + "\n";
    }
    return text + *newest;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

std::expected<VoucherFiles, Error> VoucherFiles::open(const std::vector<LeaseSource>& leases,
                                                      const std::vector<std::filesystem::path>& lists) {
    VoucherFiles files;
    if (leases.empty() && lists.empty()) return files;
    files.events_ = Descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    std::set<std::filesystem::path> folders;
    for (const auto& source : leases) folders.insert(folder_of(source.path));
    for (const auto& list : lists) folders.insert(folder_of(list));
    for (const auto& folder : folders)
        if (inotify_add_watch(files.events_.get(), folder.c_str(), IN_MODIFY | IN_MOVED_TO | IN_CREATE) < 0)
            return std::unexpected(Error{"follow the files in", folder.string(), std::strerror(errno)});
    for (const auto& source : leases) read(files.leases_.emplace_back(FollowedLeases{source, {}}));
    for (const auto& list : lists)
        if (auto done = read(files.lists_.emplace_back(FollowedList{list, {}})); !done)
            return std::unexpected(done.error());
    files.due_ = Clock::now() + poll_interval;
    return files;
}

void VoucherFiles::read(FollowedLeases& followed) {
    const auto text = lease_text(followed.source);
    if (!text) return;
    followed.leases = parse_leases(followed.source.format, *text);
    if (followed.leases.malformed > 0)
        spdlog::warn("lease file {}: {} of {} entries cannot be understood", followed.source.path.string(),
                     followed.leases.malformed, followed.leases.entries);
}

std::expected<void, Error> VoucherFiles::read(FollowedList& followed) {
    const auto text = content_of(followed.path);
    if (!text) return std::unexpected(Error{"read", followed.path.string(), std::strerror(errno)});
    auto prefixes = parse_static_list(followed.path, *text);
    if (!prefixes) return std::unexpected(Error{"read", prefixes.error().place, prefixes.error().reason});
    followed.prefixes = std::move(*prefixes);
    return {};
}

void VoucherFiles::drain(Clock::time_point now) {
    std::array<char, 4096> buffer;
    while (::read(events_.get(), buffer.data(), buffer.size()) > 0) {
    }
    due_ = std::min(due_, now + settle_time);
}

bool VoucherFiles::refresh(Clock::time_point now) {
    if (due_ > now) return false;
    for (auto& followed : leases_) read(followed);
    for (auto& followed : lists_)
        if (const auto done = read(followed); !done) spdlog::error("{}", done.error().message());
    due_ = now + poll_interval;
    return true;
}

std::map<Ipv4Address, Clock::time_point> VoucherFiles::vouchers(Ipv4Prefix domain) const {
    std::map<Ipv4Address, Clock::time_point> vouchers;
    const auto now = Clock::now();
    const auto wall = WallClock::now();
    for (const auto& followed : leases_) {
        for (const auto& [address, end] : followed.leases.active) {
            if (!domain.contains(address) || end <= wall) continue;
            const auto until = end == WallClock::time_point::max()
                                   ? Clock::time_point::max()
                                   : now + std::chrono::duration_cast<Clock::duration>(end - wall);
            auto& longest = vouchers[address];
            longest = std::max(longest, until);
        }
    }
    for (const auto& followed : lists_) {
        for (const auto prefix : followed.prefixes) {
            if (!prefix.overlaps(domain)) continue;
            const auto first = std::max(prefix.network, domain.network),
                       last = std::min(prefix.last(), domain.last());
            for (auto address = first.value; address <= last.value; ++address) {
                vouchers[{address}] = Clock::time_point::max();
                if (address == last.value) break;
            }
        }
    }
    return vouchers;
}

}  // namespace honeyswitch::agent
