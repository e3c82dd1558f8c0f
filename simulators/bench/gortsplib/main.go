// Command gortsplib is a fleet as one would write it on gortsplib: a stream a camera, a goroutine that feeds it.
//
//	gortsplib PORT CAMERAS FPS REEL
//
// REEL is an H.264 byte stream; camera N is at /cam-N. It writes "listening" when it answers.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
)

const (
	clock     = 90_000
	payload   = 96
	limit     = 1400
	kindSlice = 1
	kindKey   = 5
	kindSPS   = 7
	kindPPS   = 8
)

type server struct{ streams map[string]*gortsplib.ServerStream }

func (s *server) find(path string) (*base.Response, *gortsplib.ServerStream, error) {
	stream, ok := s.streams[strings.Trim(path, "/")]
	if !ok {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, stream, nil
}

func (s *server) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return s.find(ctx.Path)
}

func (s *server) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return s.find(ctx.Path)
}

func (s *server) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// split cuts a byte stream into access units: every slice ends one, since the clip has one slice a picture.
func split(data []byte) (units [][][]byte, sps, pps []byte) {
	var unit [][]byte
	for _, piece := range bytes.Split(data, []byte{0, 0, 0, 1}) {
		if len(piece) == 0 {
			continue
		}
		unit = append(unit, piece)
		switch piece[0] & 0x1F {
		case kindSPS:
			sps = piece
		case kindPPS:
			pps = piece
		case kindSlice, kindKey:
			units = append(units, unit)
			unit = nil
		}
	}
	return units, sps, pps
}

// feed sends a picture every period for ever, beginning at `at`.
func feed(stream *gortsplib.ServerStream, media *description.Media, units [][][]byte, at time.Time, fps int) {
	encoder := &rtph264.Encoder{PayloadType: payload, PayloadMaxSize: limit, PacketizationMode: 1}
	if err := encoder.Init(); err != nil {
		log.Fatal(err)
	}
	for frame := 0; ; frame++ {
		time.Sleep(time.Until(at.Add(time.Duration(frame) * time.Second / time.Duration(fps))))
		packets, err := encoder.Encode(units[frame%len(units)])
		if err != nil {
			log.Fatal(err)
		}
		for _, packet := range packets {
			packet.Timestamp = uint32(frame * clock / fps)
			_ = stream.WritePacketRTP(media, packet) // a reader that is gone is no error of the camera's
		}
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: gortsplib PORT CAMERAS FPS REEL")
	}
	port, cameras, fps := os.Args[1], number(os.Args[2]), number(os.Args[3])
	data, err := os.ReadFile(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	units, sps, pps := split(data)
	handler := &server{streams: map[string]*gortsplib.ServerStream{}}
	rtsp := &gortsplib.Server{Handler: handler, RTSPAddress: ":" + port}
	if err := rtsp.Start(); err != nil {
		log.Fatal(err)
	}
	began := time.Now()
	for camera := 1; camera <= cameras; camera++ {
		media := &description.Media{
			Type:    description.MediaTypeVideo,
			Formats: []format.Format{&format.H264{PayloadTyp: payload, SPS: sps, PPS: pps, PacketizationMode: 1}},
		}
		stream := &gortsplib.ServerStream{Server: rtsp, Desc: &description.Session{Medias: []*description.Media{media}}}
		if err := stream.Initialize(); err != nil {
			log.Fatal(err)
		}
		handler.streams[fmt.Sprintf("cam-%d", camera)] = stream
		phase := time.Second / time.Duration(fps) * time.Duration(camera) / time.Duration(cameras)
		go feed(stream, media, units, began.Add(phase), fps)
	}
	fmt.Println("listening")
	log.Fatal(rtsp.Wait())
}
