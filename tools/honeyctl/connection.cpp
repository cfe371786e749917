#include "tools/honeyctl/connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace honeyswitch::honeyctl {
namespace {

std::string system_reason() {
    return std::generic_category().message(errno);
}

std::string hint() {
    if (errno == ENOENT || errno == ECONNREFUSED) return "; is honeyswitch running?";
    if (errno == EACCES) return "; see [operator] group and read_group";
    if (errno == EAGAIN) return "; is its process stopped, or its control thread held up?";
    return "";
}

void set_timeout(int socket, std::chrono::milliseconds patience) {
    const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // of connect() too
}

/// Of errno.
std::string broken() {
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return "the switch does not answer: is its process stopped, or its control thread held up?";
    return "the connection to the switch broke: " + system_reason();
}

}  // namespace

std::expected<Connection, std::string> Connection::open(const std::filesystem::path& path,
                                                        std::chrono::milliseconds patience) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path)
        return std::unexpected(fmt::format("'{}' is too long for a Unix socket", path.string()));
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connection) set_timeout(connection.get(), patience);
    if (!connection ||
        connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return std::unexpected(fmt::format("cannot reach {}: {}{}", path.string(), system_reason(), hint()));
    return Connection(std::move(connection));
}

std::expected<Json, std::string> Connection::ask(const Json& request) {
    if (auto sent = send_line(request.dump() + "\n"); !sent) return std::unexpected(sent.error());
    const auto line = receive_line();
    if (!line) return std::unexpected(line.error());
    auto response = Json::parse(*line, nullptr, false);
    if (!response.is_object()) return std::unexpected("the switch's answer is not JSON");
    if (const auto error = response.find("error"); error != response.end())
        return std::unexpected("the switch refuses: " +
                               (error->is_string() ? error->get<std::string>() : ""));
    return response;
}

std::expected<void, std::string> Connection::send_line(std::string_view line) {
    while (!line.empty()) {
        const auto size = send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        // Whoever refuses at once has said why before it closed: that can still be read.
        if (size < 0 && errno == EPIPE) return {};
        if (size < 0) return std::unexpected(broken());
        line.remove_prefix(static_cast<std::size_t>(size));
    }
    return {};
}

std::expected<bool, std::string> Connection::receive_more() {
    std::array<char, 65'536> chunk;
    ssize_t size = 0;
    do size = recv(socket_.get(), chunk.data(), chunk.size(), 0);
    while (size < 0 && errno == EINTR);
    if (size < 0) return std::unexpected(broken());
    received_.append(chunk.data(), static_cast<std::size_t>(size));
    return size != 0;
}

std::expected<void, std::string> Connection::listen(const Json& request, const LineSink& take) {
    if (const auto response = ask(request); !response) return std::unexpected(response.error());
    set_timeout(socket_.get(), std::chrono::milliseconds{0});
    while (true) {
        std::size_t begin = 0;
        for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n', begin)) {
            if (!take(std::string_view(received_).substr(begin, end - begin))) return {};
            begin = end + 1;
        }
        received_.erase(0, begin);
        const auto more = receive_more();
        if (!more) return std::unexpected(more.error());
        if (!*more) return {};
    }
}

std::expected<std::string, std::string> Connection::receive_line() {
    auto end = received_.find('\n');
    while (end == std::string::npos) {
        const auto searched = received_.size();
        const auto more = receive_more();
        if (!more) return std::unexpected(more.error());
        if (!*more) return std::unexpected("the switch closed the connection");
        end = received_.find('\n', searched);
    }
    auto line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
}

}  // namespace honeyswitch::honeyctl
