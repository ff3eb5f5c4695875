// Device guard of graphics cards that do not exist: torch for CPUs registers none for CUDA, and its dispatcher
// needs one before it calls any operation on a tensor that says to be on a card.
#include <c10/core/impl/DeviceGuardImplInterface.h>

using namespace c10;

struct RehearsalGuard final : impl::DeviceGuardImplInterface {
  inline static thread_local DeviceIndex current = 0;

  DeviceType type() const override { return DeviceType::CUDA; }
  Device exchangeDevice(Device device) const override {
    Device before = getDevice();
    setDevice(device);
    return before;
  }
  Device getDevice() const override { return Device(DeviceType::CUDA, current); }
  void setDevice(Device device) const override { uncheckedSetDevice(device); }
  void uncheckedSetDevice(Device device) const noexcept override { current = device.has_index() ? device.index() : current; }
  Stream getStream(Device device) const noexcept override { return Stream(Stream::DEFAULT, device); }
  Stream getDefaultStream(Device device) const override { return Stream(Stream::DEFAULT, device); }
  Stream exchangeStream(Stream stream) const noexcept override { return Stream(Stream::DEFAULT, stream.device()); }
  DeviceIndex deviceCount() const noexcept override { return 2; }
};

static RehearsalGuard guard;
static impl::DeviceGuardImplRegistrar registrar(DeviceType::CUDA, &guard);
