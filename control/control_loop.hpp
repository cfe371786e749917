// The one thread that decides: notices from agents, Packet-Ins, ageing, and the operator's requests, in turn.
#pragma once

#include <array>
#include <expected>

#include "control/controller.hpp"
#include "control/dpdk_switch.hpp"
#include "control/file_descriptor.hpp"
#include "control/honeypot_watch.hpp"
#include "control/inspector.hpp"
#include "control/notice_server.hpp"
#include "control/notice_socket.hpp"
#include "control/operator_server.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

class ControlLoop {
  public:
    struct Parts {
        dataplane::DataPlane& plane;
        DpdkSwitch& the_switch;
        Controller& controller;
        HoneypotWatch& honeypot_watch;
        NoticeServer& notices;
        NoticeSocket& notice_socket;
        OperatorServer& operators;
        Inspector& inspector;
    };

    /// `stop_signals` must be blocked in every thread. `idle_wait_us`: how long to wait for a descriptor when
    /// there is nothing to do, which a Packet-In may have to wait too.
    [[nodiscard]] static std::expected<ControlLoop, Error> create(const Parts& parts,
                                                                  const sigset_t& stop_signals,
                                                                  std::uint32_t idle_wait_us);

    /// Returns the signal that asked to stop.
    [[nodiscard]] int run();

  private:
    ControlLoop(const Parts& parts, FileDescriptor epoll, FileDescriptor signals, std::uint32_t idle_wait_us)
        : parts_(parts),
          epoll_(std::move(epoll)),
          signals_(std::move(signals)),
          idle_wait_us_(idle_wait_us) {}

    [[nodiscard]] TimePoint now() const;
    [[nodiscard]] bool turn();
    [[nodiscard]] bool handle_packet_ins(TimePoint now);
    void handle_descriptors(bool idle, TimePoint now);
    void receive_notices(TimePoint now);
    void read_signal();

    Parts parts_;
    FileDescriptor epoll_;
    FileDescriptor signals_;
    std::uint32_t idle_wait_us_;
    unsigned busy_turns_ = 0;
    int stop_signal_ = 0;
};

}  // namespace honeyswitch::control
