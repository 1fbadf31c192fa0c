using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Memory that holds something made from variables only, and the versions that it was made from.</summary>
internal sealed class DerivedCopy(MemoryBlock memory, Variable[] sources)
{
    private readonly long[] versions = [.. sources.Select(_ => -1L)];

    public MemoryBlock Memory { get; } = memory;

    /// <summary>True when a source has changed since the last <see cref="MarkFresh"/>.</summary>
    public bool IsStale
    {
        get
        {
            for (int i = 0; i < sources.Length; i++)
            {
                if (versions[i] != sources[i].Version)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void MarkFresh()
    {
        for (int i = 0; i < sources.Length; i++)
        {
            versions[i] = sources[i].Version;
        }
    }
}
