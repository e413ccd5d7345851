// Lets callbacks that may run later check whether their owner still exists.
//
//   class Source {
//     void Find() { client_.Call(request, lifetime_.Guard([this](const Reply& reply) { ... })); }
//     Lifetime lifetime_;  // last member: it ends first
//   };
//
// Handles may be copied and destroyed on any thread; they are checked, and the
// lifetime ended, on one thread (the loop's).
#ifndef SIDECAR_SHIM_SHIM_BASE_LIFETIME_H_
#define SIDECAR_SHIM_SHIM_BASE_LIFETIME_H_

#include <memory>
#include <utility>

namespace sidecar_shim {

class Lifetime {
 public:
  class Handle {
   public:
    bool alive() const { return !token_.expired(); }

   private:
    friend class Lifetime;
    explicit Handle(std::weak_ptr<const char> token) : token_(std::move(token)) {}
    std::weak_ptr<const char> token_;
  };

  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // Alive until this object is destroyed or Restart() is called.
  Handle handle() const { return Handle(token_); }

  // Ends what handles have been given out for; later ones are alive.
  void Restart() { token_ = std::make_shared<const char>(); }

  // A function that calls `callback` with its arguments while the lifetime
  // lasts, and does nothing afterwards.
  template <typename Callback>
  auto Guard(Callback callback) const {
    return [owner = handle(), callback = std::move(callback)](auto&&... arguments) mutable {
      if (owner.alive()) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>();
};

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_BASE_LIFETIME_H_
