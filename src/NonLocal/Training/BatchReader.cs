using System.Runtime.ExceptionServices;

namespace NonLocal.Training;

/// <summary>Batches in their order, prepared ahead of time by other threads.</summary>
/// <remarks>
/// A batch's number says in which place of a ring it is prepared; a thread takes the next number and waits until that place is free.
/// </remarks>
public sealed class BatchReader : IDisposable
{
    private readonly BatchLoader loader;
    private readonly object gate = new();
    private readonly Batch[] places;
    private readonly long[] ready;
    private readonly Exception?[] failures;
    private readonly Thread[] threads;
    private readonly long end;
    private long taken;
    private long next;
    private bool stopped;

    internal BatchReader(BatchLoader loader, long first, long end, int ahead, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ahead);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.loader = loader;
        this.end = end;
        taken = next = first;

        // One more for the batch that is being used.
        places = [.. Enumerable.Range(0, ahead + 1).Select(_ => loader.NewBatch())];
        ready = [.. Enumerable.Repeat(-1L, places.Length)];
        failures = new Exception?[places.Length];
        this.threads = ahead == 0
            ? [] : [.. Enumerable.Range(0, Math.Min(ahead, threads)).Select(_ => new Thread(Prepare) { IsBackground = true })];
        foreach (Thread thread in this.threads)
        {
            thread.Start();
        }
    }

    /// <summary>The next batch, valid until the next call; null at the end.</summary>
    /// <exception cref="ObjectDisposedException">The reader was disposed.</exception>
    public Batch? Next()
    {
        ObjectDisposedException.ThrowIf(stopped, this);
        if (next >= end)
        {
            return null;
        }

        int place = (int)(next % places.Length);
        if (threads.Length == 0)
        {
            Fill(place, next);
        }

        lock (gate)
        {
            while (ready[place] != next)
            {
                Monitor.Wait(gate);
            }

            next++;
            Monitor.PulseAll(gate);
        }

        if (failures[place] is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return places[place];
    }

    /// <summary>Stops the threads and waits for them.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private void Prepare()
    {
        while (true)
        {
            long number;
            lock (gate)
            {
                number = taken++;

                // The batch before the next one is still in use.
                while (!stopped && number < end && number - places.Length >= next - 1)
                {
                    Monitor.Wait(gate);
                }

                if (stopped || number >= end)
                {
                    return;
                }
            }

            Fill((int)(number % places.Length), number);
        }
    }

    private void Fill(int place, long number)
    {
        failures[place] = null;
        try
        {
            loader.Fill(places[place], (int)(number / loader.BatchesInEpoch), (int)(number % loader.BatchesInEpoch));
        }
        catch (Exception error)
        {
            // Thrown again by whoever asks for this batch.
            failures[place] = error;
        }

        lock (gate)
        {
            ready[place] = number;
            Monitor.PulseAll(gate);
        }
    }
}
