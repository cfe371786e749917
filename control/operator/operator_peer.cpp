#include "control/operator/operator_peer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace honeyswitch::control {
namespace {

std::expected<std::optional<gid_t>, Error> group_of(const char* setting, const std::string& name) {
    if (name.empty()) return std::nullopt;
    std::vector<char> room(65'536);
    group entry{};
    group* found = nullptr;
    const int failure = getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    if (found != nullptr) return found->gr_gid;
    const auto reason = failure == 0 ? "there is no such group" : std::generic_category().message(failure);
    return std::unexpected(Error{fmt::format("let the group of [operator] {} in:", setting), name, reason});
}

}  // namespace

std::expected<OperatorGroups, Error> OperatorGroups::find(const std::string& change,
                                                          const std::string& read) {
    const auto change_id = group_of("group", change);
    if (!change_id) return std::unexpected(change_id.error());
    const auto read_id = group_of("read_group", read);
    if (!read_id) return std::unexpected(read_id.error());
    return OperatorGroups{*change_id, *read_id};
}

std::optional<OperatorPeer> OperatorPeer::of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
    OperatorPeer peer{.uid = credentials.uid, .pid = credentials.pid};
    std::array<gid_t, 1024> groups{};
    size = sizeof groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0)
        peer.groups.assign(groups.begin(),
                           groups.begin() + static_cast<std::ptrdiff_t>(size / sizeof(gid_t)));
    peer.groups.push_back(credentials.gid);
    return peer;
}

std::string OperatorPeer::text() const {
    return fmt::format("uid {}, pid {}", uid, pid);
}

OperatorRight OperatorPeer::right(const OperatorGroups& allowed) const {
    const auto is_in = [&](std::optional<gid_t> group) {
        return group && std::ranges::find(groups, *group) != groups.end();
    };
    if (!allowed.decide() || uid == 0 || uid == geteuid() || is_in(allowed.change))
        return OperatorRight::change;
    return is_in(allowed.read) ? OperatorRight::read : OperatorRight::none;
}

}  // namespace honeyswitch::control
