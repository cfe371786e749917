// What the service manager is told of the switch: that it is ready once packets are forwarded, and not
// before; that it reloads, and has done; that it stops; in words, what it does; and, for as long as all make
// progress, that its watchdog need not bark. Control thread.
//
// Progress is no sign of life of the process as such. A worker makes progress when it has taken a whole turn
// of its loop, in which it polls each port, since the watchdog was last fed: a grace period that began then
// has ended. The control thread makes progress by its turns, as it is a turn that feeds.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/system/service_manager.hpp"
#include "dataplane/eal/quiescence.hpp"

namespace honeyswitch::control {

class ServiceReport {
  public:
    /// Nobody is told until each of so many workers has taken a turn. `grace` outlives this.
    ServiceReport(ServiceManager manager, dataplane::Quiescence& grace, unsigned workers);

    /// Before each turn of the control thread. `reloading`: another configuration is on its way into force.
    /// `status` makes a sentence of what the switch does, and is asked once a second.
    template <typename Status>
    void look(bool reloading, Status status, TimePoint now) {
        if (!manager_.is_there()) return;
        look_at_progress(now);
        if (!ready_) return;
        tell_of_reload(reloading, now);
        constexpr Milliseconds between_words{1'000};
        if (words_ && now - words_at_ < between_words) return;
        words_at_ = now;
        tell_in_words(status(), now);
    }
    /// The loop has ended.
    void stopping() const { (void)manager_.tell("STOPPING=1"); }

  private:
    [[nodiscard]] bool tell(const std::string& lines, TimePoint now);
    void look_at_progress(TimePoint now);
    void tell_of_reload(bool reloading, TimePoint now);
    void tell_in_words(std::string words, TimePoint now);

    ServiceManager manager_;
    dataplane::Quiescence& grace_;
    unsigned workers_;
    std::optional<Milliseconds> between_feeds_;  ///< none: there is no watchdog
    dataplane::Quiescence::Barrier since_;       ///< the latest feed
    TimePoint fed_{};
    std::optional<TimePoint> not_heard_;  ///< what was told last did not arrive
    bool all_run_ = false;
    bool ready_ = false;
    bool reloading_ = false;  ///< as it was told
    std::optional<std::string> words_;
    TimePoint words_at_{};
};

}  // namespace honeyswitch::control
