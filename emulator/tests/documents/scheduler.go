package scheduler

import (
	"container/heap"
	"errors"
	"sync"
	"time"
)

// ErrQueueClosed is returned when work is submitted after Shutdown.
var ErrQueueClosed = errors.New("scheduler: queue closed")

// Job is a unit of work with a deadline.
type Job struct {
	ID       string
	Priority int
	Deadline time.Time
	Run      func() error
}

// priorityQueue orders jobs by priority, then by deadline.
type priorityQueue []*Job

func (q priorityQueue) Less(i, j int) bool {
	if q[i].Priority != q[j].Priority {
		return q[i].Priority > q[j].Priority
	}
	return q[i].Deadline.Before(q[j].Deadline)
}

// Scheduler runs jobs on a fixed number of workers.
type Scheduler struct {
	mu         sync.Mutex
	queue      priorityQueue
	maxRetries int
	closed     bool
}

// SubmitJob puts a job into the queue. It fails with ErrQueueClosed after Shutdown.
func (s *Scheduler) SubmitJob(job *Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrQueueClosed
	}
	heap.Push(&s.queue, job)
	return nil
}

// retryWithBackoff runs a job again after a failure, waiting twice as long each time, up to maxRetries.
func (s *Scheduler) retryWithBackoff(job *Job) error {
	wait := 100 * time.Millisecond
	var err error
	for attempt := 0; attempt <= s.maxRetries; attempt++ {
		if err = job.Run(); err == nil {
			return nil
		}
		time.Sleep(wait)
		wait *= 2
	}
	return err
}

// DropExpired removes jobs whose deadline has passed and reports how many there were.
func (s *Scheduler) DropExpired(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.queue[:0]
	for _, job := range s.queue {
		if job.Deadline.After(now) {
			kept = append(kept, job)
		}
	}
	dropped := len(s.queue) - len(kept)
	s.queue = kept
	heap.Init(&s.queue)
	return dropped
}
