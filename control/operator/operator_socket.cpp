#include "control/operator/operator_socket.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/file_lock.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

constexpr mode_t owner_and_group = 0660;
constexpr int backlog = 16;

std::unexpected<Error> refuse(const fs::path& path, std::string reason) {
    return std::unexpected(Error{"listen to operators on", path.string(), std::move(reason)});
}

std::string system_reason() {
    return std::generic_category().message(errno);
}

std::optional<sockaddr_un> address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto& text = path.native();
    if (text.empty() || text.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);  // what the sockets interface asks for
}

Descriptor stream_socket() {
    return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Who listens at the other end, if the kernel can say.
std::string listener_text(const Descriptor& connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return "another process listens there";
    return process_text(peer.pid) + " listens there";
}

/// Removes the file of a switch that did not stop in order. A socket that nobody listens on refuses.
std::expected<void, Error> clear_the_way(const fs::path& path, const sockaddr_un& address) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return refuse(path, system_reason());
    }
    if (!S_ISSOCK(status.st_mode)) return refuse(path, "there is a file that is no socket");
    const auto probe = stream_socket();
    if (!probe) return refuse(path, system_reason());
    if (connect(probe.get(), generic(address), sizeof address) == 0)
        return refuse(path, listener_text(probe));
    if (errno == EAGAIN) return refuse(path, "another process listens there");
    if (errno != ECONNREFUSED) return refuse(path, system_reason());
    if (unlink(path.c_str()) != 0) return refuse(path, system_reason());
    return {};
}

/// /run is empty after each boot, so a folder there is made; a folder elsewhere that is missing is more
/// likely a slip of the pen.
std::expected<void, Error> make_folder(const fs::path& path) {
    std::error_code failure;
    const auto folder = fs::absolute(path).parent_path();
    if (fs::is_directory(folder, failure)) return {};
    if (folder.parent_path() != "/run") return refuse(path, "there is no folder " + folder.string());
    fs::create_directory(folder, failure);
    if (failure) return refuse(path, "its folder cannot be made: " + failure.message());
    return {};
}

}  // namespace

std::expected<OperatorSocket, Error> OperatorSocket::listen_on(const fs::path& path) {
    const auto address = address_of(path);
    if (!address) return refuse(path, "the path is empty or too long for a Unix socket");
    if (auto made = make_folder(path); !made) return std::unexpected(made.error());
    if (auto cleared = clear_the_way(path, *address); !cleared) return std::unexpected(cleared.error());
    auto listener = stream_socket();
    if (!listener) return refuse(path, system_reason());
    // Linux gives the file the mode of the socket, less the umask: never more than in the end.
    if (fchmod(listener.get(), owner_and_group) != 0 ||
        bind(listener.get(), generic(*address), sizeof *address) != 0)
        return refuse(path, system_reason());
    struct stat status{};
    if (chmod(path.c_str(), owner_and_group) != 0 || lstat(path.c_str(), &status) != 0 ||
        listen(listener.get(), backlog) != 0) {
        auto refusal = refuse(path, system_reason());
        unlink(path.c_str());
        return refusal;
    }
    return OperatorSocket(std::move(listener), path, status.st_ino);
}

OperatorSocket::~OperatorSocket() {
    struct stat status{};
    if (socket_ && lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace honeyswitch::control
