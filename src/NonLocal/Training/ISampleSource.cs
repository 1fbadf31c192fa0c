using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Training;

/// <summary>Samples by number, such as the pictures of a data set with their augmentation.</summary>
public interface ISampleSource
{
    /// <summary>How many samples.</summary>
    int Count { get; }

    /// <summary>The shape of one input, such as [height, width, channels].</summary>
    Shape InputShape { get; }

    /// <summary>The shape of one target; scalar for a class number.</summary>
    Shape TargetShape { get; }

    /// <summary>Writes one sample. Called by several threads at a time, in any order.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    /// <param name="random">
    /// What random choices are made from: the stream of this sample in this epoch. Whoever uses nothing else gives the same sample at every
    /// time and on every thread.
    /// </param>
    /// <param name="input">Of <see cref="InputShape"/>; holds old content.</param>
    /// <param name="target">Of <see cref="TargetShape"/>; holds old content.</param>
    void Fill(int index, RandomStream random, Span<float> input, Span<float> target);
}
