// What the kernel says of a network interface, and its XDP program, by rtnetlink.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::control {

/// The XDP program of an interface.
struct XdpProgram {
    std::uint32_t id = 0;    ///< 0: there is none
    std::uint32_t mode = 0;  ///< XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE or XDP_FLAGS_HW_MODE
};

/// One thread. Calls may wait for the kernel's lock of all links, which others hold for a second or more now
/// and then: nothing that packets wait for may call them.
class LinkSocket {
  public:
    [[nodiscard]] static std::expected<LinkSocket, Error> open();

    /// Errors: errno; ENODEV if there is no such interface (any more).
    [[nodiscard]] std::expected<XdpProgram, int> xdp_program(unsigned interface_index);
    /// Puts a program in the place of whatever is there. Errors: the reason.
    [[nodiscard]] std::expected<void, std::string> attach(unsigned interface_index, const Descriptor& program,
                                                          std::uint32_t mode);

    /// Readable when something of some interface has changed; `forget_changes` makes it unreadable again.
    [[nodiscard]] int changes() const { return changes_.get(); }
    void forget_changes();

  private:
    struct Answer;
    struct Request;
    /// Sends a request and reads what the kernel says to this very one. Errors: errno.
    [[nodiscard]] std::expected<Answer, int> ask(Request request);

    LinkSocket(Descriptor requests, Descriptor changes)
        : requests_(std::move(requests)), changes_(std::move(changes)) {}

    Descriptor requests_, changes_;
    std::uint32_t sequence_ = 0;
};

/// The descriptor of a loaded XDP program, which keeps it. Empty: there is none, or it is not permitted.
[[nodiscard]] Descriptor xdp_program_by_id(std::uint32_t id);

}  // namespace honeyswitch::control
