// What the control thread tells all workers beside the tables: whether they divert, how sessions begin, and
// what may leave the honeypots.
#pragma once

#include <atomic>
#include <cstdint>

namespace honeyswitch::dataplane {

/// What of the packets from outside goes to honeypots.
enum class Diverting : std::uint8_t {
    all,      ///< whatever is decided so
    running,  ///< what is with a honeypot already; all else passes (maintenance)
    nothing,  ///< everything passes as it came, and is decided, counted and recorded all the same (observe)
};

/// Per second and for all workers together; 0: no cap.
struct ReplyRates {
    std::uint32_t packets_per_source = 0, bytes_per_source = 0;
    std::uint32_t packets_per_honeypot = 0, bytes_per_honeypot = 0;
};

/// What of them the operator has a word on.
struct ModeSettings {
    Diverting diverting = Diverting::all;
    bool divert_backscatter = false;
    bool open_containment = false;
    bool limited_containment = false;
    bool several_honeypots = false;
    std::uint32_t outlive_ms = 60'000;
    ReplyRates reply_rates{};
};

/// Written by the control thread, read by workers at each burst: changes seldom, in a line of its own.
struct alignas(64) Modes {
    std::atomic<Diverting> diverting{Diverting::all};
    std::atomic<bool> handshake{false};  ///< sessions begin with the packet that follows an answer
    std::atomic<bool> divert_backscatter{false};
    std::atomic<bool> open_containment{false};  ///< the paper's rule: whatever a honeypot sends goes outside
    std::atomic<bool> limited_containment{false};  ///< new flows of a honeypot are Packet-Ins
    /// A reply must come from its session's honeypot. Otherwise there is one alone, and its number is 0.
    std::atomic<bool> several_honeypots{false};
    /// For how long a session without an end of its own outlives that its address became active, in
    /// milliseconds.
    std::atomic<std::uint32_t> outlive_ms{60'000};
    std::atomic<std::uint32_t> packets_per_source{0}, bytes_per_source{0};
    std::atomic<std::uint32_t> packets_per_honeypot{0}, bytes_per_honeypot{0};

    /// All but `handshake`, which follows the number of sessions.
    void set(const ModeSettings& settings) {
        diverting = settings.diverting;
        divert_backscatter = settings.divert_backscatter;
        open_containment = settings.open_containment;
        limited_containment = settings.limited_containment;
        several_honeypots = settings.several_honeypots;
        outlive_ms = settings.outlive_ms;
        set_reply_rates(settings.reply_rates);
    }
    void set_reply_rates(const ReplyRates& rates) {
        packets_per_source = rates.packets_per_source;
        bytes_per_source = rates.bytes_per_source;
        packets_per_honeypot = rates.packets_per_honeypot;
        bytes_per_honeypot = rates.bytes_per_honeypot;
    }
};

}  // namespace honeyswitch::dataplane
