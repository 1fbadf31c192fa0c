using NonLocal.Tensors.Runtime;

namespace NonLocal.Training;

/// <summary>
/// Which samples stand in which batch, and what they look like: functions of seed, epoch and batch alone, so that neither threads nor a
/// restart can change them.
/// </summary>
public sealed class BatchLoader
{
    private static readonly ulong OrderPurpose = RandomStream.PurposeOf("order of samples");
    private static readonly ulong SamplePurpose = RandomStream.PurposeOf("sample");
    private readonly Lock gate = new();
    private readonly int inputLength;
    private readonly int targetLength;
    private (int Epoch, int[] Order) newest = (-1, []);
    private (int Epoch, int[] Order) older = (-1, []);

    /// <summary>Batches of a source.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="batchSize">How many make a batch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="training">
    /// Shuffle every epoch and leave out the samples that do not fill the last batch. Otherwise the source's order, and a last batch that
    /// may be short.
    /// </param>
    /// <exception cref="ArgumentException">For training, the source does not fill a batch; or it is empty.</exception>
    public BatchLoader(ISampleSource source, int batchSize, ulong seed, bool training)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        int least = training ? batchSize : 1;
        if (source.Count < least)
        {
            throw new ArgumentException($"The source has {source.Count} samples; expected at least {least} for a batch.");
        }

        Source = source;
        BatchSize = batchSize;
        Seed = seed;
        IsTraining = training;
        inputLength = checked((int)source.InputShape.Count);
        targetLength = checked((int)source.TargetShape.Count);
        BatchesInEpoch = training ? source.Count / batchSize : (int)((source.Count + (long)batchSize - 1) / batchSize);
    }

    /// <summary>The samples.</summary>
    public ISampleSource Source { get; }

    /// <summary>How many samples make a batch.</summary>
    public int BatchSize { get; }

    /// <summary>The run's seed.</summary>
    public ulong Seed { get; }

    /// <summary>Whether samples are shuffled and the last ones left out.</summary>
    public bool IsTraining { get; }

    /// <summary>How many batches an epoch has.</summary>
    public int BatchesInEpoch { get; }

    /// <summary>The numbers of an epoch's samples in their order.</summary>
    public ReadOnlySpan<int> OrderOf(int epoch)
    {
        int key = IsTraining ? epoch : 0;
        lock (gate)
        {
            // Two are kept: reading ahead begins an epoch before the one before has ended.
            if (newest.Epoch != key && older.Epoch != key)
            {
                (older, newest) = (newest, (key, Shuffled(key)));
            }

            return newest.Epoch == key ? newest.Order : older.Order;
        }
    }

    /// <summary>Memory for a batch.</summary>
    public Batch NewBatch() => new((long)BatchSize * inputLength, (long)BatchSize * targetLength);

    /// <summary>Fills a batch.</summary>
    /// <param name="batch">From <see cref="NewBatch"/>.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">From 0 to <see cref="BatchesInEpoch"/> − 1.</param>
    public void Fill(Batch batch, int epoch, int index)
    {
        ReadOnlySpan<int> order = OrderOf(epoch);
        int first = index * BatchSize;
        batch.Epoch = epoch;
        batch.Index = index;
        batch.Rows = Math.Min(BatchSize, order.Length - first);
        for (int row = 0; row < batch.Rows; row++)
        {
            int sample = order[first + row];
            RandomStream random = new(Seed, SamplePurpose + (ulong)sample, (uint)epoch);
            Span<float> input = batch.Inputs.AsSpan(row * inputLength, inputLength);
            Source.Fill(sample, random, input, batch.Targets.AsSpan(row * targetLength, targetLength));
        }

        batch.Inputs.AsSpan(batch.Rows * inputLength).Clear();
        batch.Targets.AsSpan(batch.Rows * targetLength).Clear();
    }

    /// <summary>Reads batches one after the other, those to come on other threads.</summary>
    /// <param name="epoch">The epoch of the first one.</param>
    /// <param name="index">Its number in the epoch.</param>
    /// <param name="endEpoch">The epoch before which reading ends.</param>
    /// <param name="ahead">How many batches are prepared before they are asked for; 0: none, and no thread is started.</param>
    /// <param name="threads">How many threads prepare them. Changes no result.</param>
    public BatchReader Read(int epoch, int index, int endEpoch, int ahead = 2, int threads = 1) =>
        new(this, ((long)epoch * BatchesInEpoch) + index, (long)endEpoch * BatchesInEpoch, ahead, threads);

    // Fisher and Yates, by 32-bit words of the order's own stream.
    private int[] Shuffled(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, Source.Count)];
        for (int i = order.Length - 1; IsTraining && i > 0; i--)
        {
            uint word = Philox.Block(
                ((uint)i, (uint)epoch, (uint)OrderPurpose, (uint)(OrderPurpose >> 32)), ((uint)Seed, (uint)(Seed >> 32))).A;
            int other = (int)(((ulong)word * (ulong)(i + 1)) >> 32);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}
