#include "base/system/unix_socket.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/system/file_lock.hpp"

namespace honeyswitch {
namespace {

namespace fs = std::filesystem;

using Done = std::expected<void, std::string>;  // the error is the reason alone

constexpr int backlog = 16;

std::string system_reason() {
    return std::generic_category().message(errno);
}

std::expected<sockaddr_un, std::string> address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto& text = path.native();
    if (text.empty() || text.size() >= sizeof address.sun_path)
        return std::unexpected("the path is empty or too long for a Unix socket");
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);  // what the sockets interface asks for
}

Descriptor stream_socket(int flags) {
    return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

/// Who listens at the other end, if the kernel can say.
std::string listener_text(const Descriptor& connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return "another process listens there";
    return process_text(peer.pid) + " listens there";
}

/// Removes the file of a process that did not stop in order. Only a socket that refuses is one of those:
/// connecting to a file of another kind is refused as well, and such a file is somebody's.
Done clear_the_way(const fs::path& path, const sockaddr_un& address) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return std::unexpected(system_reason());
    }
    if (!S_ISSOCK(status.st_mode)) return std::unexpected("there is a file that is no socket");
    const auto probe = stream_socket(SOCK_NONBLOCK);
    if (!probe) return std::unexpected(system_reason());
    if (connect(probe.get(), generic(address), sizeof address) == 0)
        return std::unexpected(listener_text(probe));
    if (errno == EAGAIN) return std::unexpected("another process listens there");
    if (errno != ECONNREFUSED) return std::unexpected(system_reason());
    if (unlink(path.c_str()) != 0) return std::unexpected(system_reason());
    return {};
}

/// /run is empty after each boot, so a folder there is made; a folder elsewhere that is missing is more
/// likely a slip of the pen.
Done make_folder(const fs::path& path) {
    std::error_code failure;
    const auto folder = fs::absolute(path).parent_path();
    if (fs::is_directory(folder, failure)) return {};
    if (folder.parent_path() != "/run") return std::unexpected("there is no folder " + folder.string());
    fs::create_directory(folder, failure);
    if (failure) return std::unexpected("its folder cannot be made: " + failure.message());
    return {};
}

/// Binds and listens; the inode of the file.
std::expected<ino_t, std::string> listen_with(const Descriptor& listener, const fs::path& path,
                                              const sockaddr_un& address, mode_t mode) {
    // Linux gives the file the mode of the socket, less the umask: never more than in the end.
    if (fchmod(listener.get(), mode) != 0 || bind(listener.get(), generic(address), sizeof address) != 0)
        return std::unexpected(system_reason());
    struct stat status{};
    if (chmod(path.c_str(), mode) != 0 || lstat(path.c_str(), &status) != 0 ||
        listen(listener.get(), backlog) != 0) {
        auto reason = system_reason();
        unlink(path.c_str());
        return std::unexpected(std::move(reason));
    }
    return status.st_ino;
}

}  // namespace

std::expected<UnixListener, Error> UnixListener::listen_on(const fs::path& path, const Options& options) {
    const auto refuse = [&](std::string reason) {
        return std::unexpected(Error{options.attempted, path.string(), std::move(reason)});
    };
    const auto address = address_of(path);
    if (!address) return refuse(address.error());
    if (const auto made = make_folder(path); !made) return refuse(made.error());
    if (const auto cleared = clear_the_way(path, *address); !cleared) return refuse(cleared.error());
    auto listener = stream_socket(SOCK_NONBLOCK);
    if (!listener) return refuse(system_reason());
    const auto inode = listen_with(listener, path, *address, options.mode);
    if (!inode) return refuse(inode.error());
    return UnixListener(std::move(listener), path, *inode);
}

UnixListener::~UnixListener() {
    struct stat status{};
    if (socket_ && lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) unlink(path_.c_str());
}

std::expected<Descriptor, Error> connect_to_unix(const fs::path& path, std::string attempted) {
    const auto failed = [&](std::string reason) {
        return std::unexpected(Error{std::move(attempted), path.string(), std::move(reason)});
    };
    const auto address = address_of(path);
    if (!address) return failed(address.error());
    auto descriptor = stream_socket(0);
    if (!descriptor || connect(descriptor.get(), generic(*address), sizeof *address) != 0)
        return failed(system_reason());
    return descriptor;
}

}  // namespace honeyswitch
