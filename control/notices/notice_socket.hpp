// The UDP socket on which notices arrive.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>

#include "base/endpoint.hpp"
#include "base/error.hpp"
#include "control/notices/notice_path.hpp"

namespace honeyswitch::control {

/// Not blocking, so that the control thread may poll it in each turn of its loop; descriptor() suits epoll
/// too.
class NoticeSocket {
  public:
    /// `address`: a dotted quad, which need not be one of this machine's yet; `port` 0: any. Errors: not an
    /// address, in use, not permitted.
    [[nodiscard]] static std::expected<NoticeSocket, Error> open(const std::string& address,
                                                                 std::uint16_t port);
    NoticeSocket(NoticeSocket&& other) noexcept;
    NoticeSocket& operator=(NoticeSocket&& other) noexcept;
    ~NoticeSocket();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] Endpoint local() const;

    using Handler = std::function<void(std::span<const std::uint8_t> datagram, NoticePath from)>;
    /// Takes at most one burst of 64 datagrams; returns how many.
    std::size_t receive(const Handler& handler);
    /// From the address that was asked: an agent takes an answer from no other. What cannot be sent is lost,
    /// as any datagram may be.
    void send(std::span<const std::uint8_t> datagram, NoticePath to);

  private:
    explicit NoticeSocket(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace honeyswitch::control
