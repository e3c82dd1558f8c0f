"""What a survey of real devices makes of their answers: no sockets here, those are in `citycam.survey`."""
