"""The timer: plans the wake-up of each opening, and hands its bookings to the booker when it is due."""
