// What is wrong with something that a person has written: a configuration, a command line, a list.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace honeyswitch {

struct Complaint {
    std::string place;   ///< "conf/honeyswitch.toml:12:9", "--workers"; empty if the reason says it
    std::string reason;  ///< a clause that names the value and the rule it breaks
    std::vector<Complaint> others{};  ///< what else was found; they have no others themselves

    /// Place and reason of this one alone.
    [[nodiscard]] std::string sentence() const;
    /// One sentence for each; of very many the first, and how many there are besides.
    [[nodiscard]] std::vector<std::string> sentences() const;
    /// The same, each on a line of its own.
    [[nodiscard]] std::string message() const;
};

/// Sorts by line and column, at the end of their places.
void in_order_of_lines(std::vector<Complaint>& complaints);

/// Complaints that do not keep the rest from being looked at.
class Complaints {
  public:
    void add(Complaint complaint) {
        auto others = std::exchange(complaint.others, {});
        found_.push_back(std::move(complaint));
        for (Complaint& other : others) found_.push_back(std::move(other));
    }
    template <typename T>
    void add(const std::expected<T, Complaint>& result) {
        if (!result) add(result.error());
    }
    [[nodiscard]] bool empty() const { return found_.empty(); }

    /// All of them as one, in the order in which they were found.
    [[nodiscard]] std::expected<void, Complaint> result() const;
    /// The same, in the order of the file.
    [[nodiscard]] std::expected<void, Complaint> in_order_of_lines();

  private:
    std::vector<Complaint> found_;
};

}  // namespace honeyswitch
