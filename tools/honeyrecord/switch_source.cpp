#include "tools/honeyrecord/switch_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "base/system/unix_socket.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

constexpr auto retry_interval = 1s;
/// No line of the switch is nearly as long.
constexpr std::size_t longest_line = 1U << 20U;
constexpr std::string_view request = "{\"command\":\"subscribe\",\"past\":false,\"follow\":true}\n";

}  // namespace

void SwitchSource::turn(Clock::time_point now) {
    if (!connection_ && retry_ <= now) connect(now);
}

void SwitchSource::complain(const std::string& sentence) {
    if (told_.due(Clock::now().time_since_epoch())) spdlog::warn("{}", sentence);
}

void SwitchSource::connect(Clock::time_point now) {
    retry_ = now + retry_interval;
    auto connection = connect_to_unix(socket_, "reach the switch at");
    if (!connection) return complain(connection.error().message() + "; it is tried again every second");
    const int descriptor = connection->get();
    if (send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
        return complain(std::string("the switch takes no request: ") + std::strerror(errno));
    (void)fcntl(descriptor, F_SETFL, O_NONBLOCK);
    if (const auto added = loop_.add(descriptor, [this] { receive(); }); !added)
        return complain(added.error().message());
    connection_ = std::move(*connection);
    subscribed_ = false;
    received_.clear();
}

void SwitchSource::receive() {
    std::array<char, 262'144> chunk;
    const auto size = recv(connection_.get(), chunk.data(), chunk.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return lose(size == 0 ? "it closed the connection" : std::strerror(errno));
    received_.append(chunk.data(), static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n', begin)) {
        take_line(std::string_view(received_).substr(begin, end - begin));
        if (!connection_) return;
        begin = end + 1;
    }
    received_.erase(0, begin);
    if (received_.size() > longest_line) lose("it sent a line without end");
}

void SwitchSource::take_line(std::string_view line) {
    if (!subscribed_) return take_answer(line);
    auto event = parse_event(line);
    if (event) {
        ++events_;
        return take_(std::move(*event));
    }
    if (const auto others = puzzled_.due(Clock::now().time_since_epoch()))
        spdlog::warn("a line of the switch is not understood, and {} before it: {}", *others, event.error());
}

void SwitchSource::take_answer(std::string_view line) {
    const auto answer = Json::parse(line, nullptr, false);
    if (!answer.is_object() || !answer.contains("rows")) {
        const auto error =
            answer.is_object() && answer.contains("error") ? answer["error"].dump() : "no JSON";
        return lose("it refuses to tell events: " + error);
    }
    subscribed_ = true;
    told_ = WarningPace(std::chrono::minutes(1));
    spdlog::info("the switch at {} tells its events", socket_.string());
    take_(lost_since_ ? gap_of(GapCause::disconnected, wall_now(), std::nullopt, lost_since_)
                      : gap_of(GapCause::not_running, wall_now(), std::nullopt));
}

void SwitchSource::lose(const std::string& reason) {
    const bool told = subscribed_;
    if (told) lost_since_ = wall_now();
    close();
    retry_ = Clock::now() + retry_interval;
    const auto sentence = "the switch at " + socket_.string() + " is lost: " + reason;
    if (told)
        spdlog::warn("{}; it is tried again every second", sentence);
    else
        complain(sentence);
}

void SwitchSource::close() {
    if (connection_) loop_.remove(connection_.get());
    connection_ = Descriptor();
    subscribed_ = false;
    received_.clear();
}

}  // namespace honeyswitch::record
