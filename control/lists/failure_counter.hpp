// Sources that fail to log in too often within a window of time.
//
// Of a connection each password that fails counts. If none was tried (a key was refused, the user does not
// exist, the client gave up), the connection as a whole counts once, whatever number of lines sshd wrote of
// it.
#pragma once

#include <list>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "control/lists/auth_log.hpp"

namespace honeyswitch::control {

/// Bounded: when there are too many failures to remember, those of the sources that have been quiet the
/// longest are forgotten.
class FailureCounter {
  public:
    /// `capacity`: failures remembered of all sources together.
    FailureCounter(unsigned failures, Milliseconds window, std::size_t capacity = 65'536);

    /// Whether the source has now failed `failures` times within `window`; it then begins anew.
    [[nodiscard]] bool add(const FailedLogin& login, TimePoint now);

    /// Failures remembered.
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    struct Failure {
        TimePoint at;
        std::uint16_t port;
        bool connection;  ///< of a connection of which no password was counted yet
    };
    struct Source {
        std::vector<Failure> failures;
        std::list<Ipv4Address>::iterator place;  ///< in order_
    };

    [[nodiscard]] Source& latest(Ipv4Address address);
    void note(Source& source, const FailedLogin& login, TimePoint now);
    void forget(Ipv4Address address);

    std::size_t failures_;
    Milliseconds window_;
    std::size_t capacity_;
    std::unordered_map<Ipv4Address, Source> sources_;
    std::list<Ipv4Address> order_;  ///< the latest at the end
    std::size_t size_ = 0;
};

}  // namespace honeyswitch::control
