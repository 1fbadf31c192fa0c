namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Cuts an output into blocks that are contiguous in memory, and says where the elements of inputs that repeat along axes are for each.
/// </summary>
/// <remarks>
/// Axes that all operands walk through without a jump are merged first. A long last axis is cut into segments; rows of a short
/// one are grouped.
/// </remarks>
internal sealed unsafe class BroadcastWalk
{
    private const int ShortRow = ElementwiseProgram.BlockLength / 2;

    private readonly int[] lengths;
    private readonly nint[] strides;
    private readonly InputForm[] forms;

    public BroadcastWalk(ReadOnlySpan<int> lengths, ReadOnlySpan<int[]> strides)
    {
        List<int> merged = [1];
        List<nint>[] steps = [.. strides.ToArray().Select(_ => new List<nint> { 0 })];
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] != 1)
            {
                Merge(merged, steps, lengths[axis], axis, strides);
            }
        }

        int rank = merged.Count;
        InputCount = strides.Length;
        this.lengths = Pinned(merged);
        this.strides = Pinned(steps.SelectMany(list => list));
        forms = Pinned(Enumerable.Range(0, InputCount).Select(FormOf));
        BufferCount = forms.Count(form => form is InputForm.Fill or InputForm.FillOnce);
        View = new BroadcastWalkView(InputCount, BufferCount, rank, Address(this.lengths), Address(this.strides), Address(forms));
    }

    public int InputCount { get; }

    /// <summary>How many inputs are copied into blocks of their own.</summary>
    public int BufferCount { get; }

    /// <summary>What jobs copy; valid as long as this object lives.</summary>
    public BroadcastWalkView View { get; }

    // The axis continues the one before when, for every operand, the one before steps over exactly this axis.
    private static void Merge(List<int> merged, List<nint>[] steps, int length, int axis, ReadOnlySpan<int[]> strides)
    {
        bool continues = true;
        for (int input = 0; input < steps.Length; input++)
        {
            continues &= merged[^1] == 1 || steps[input][^1] == (nint)strides[input][axis] * length;
        }

        if (continues)
        {
            merged[^1] *= length;
        }
        else
        {
            merged.Add(length);
        }

        for (int input = 0; input < steps.Length; input++)
        {
            if (continues)
            {
                steps[input][^1] = strides[input][axis];
            }
            else
            {
                steps[input].Add(strides[input][axis]);
            }
        }
    }

    private InputForm FormOf(int input)
    {
        ReadOnlySpan<nint> own = strides.AsSpan(input * lengths.Length, lengths.Length);
        nint expected = 1;
        bool dense = true;
        bool repeatsRows = true;
        for (int axis = lengths.Length - 1; axis >= 0; axis--)
        {
            dense &= own[axis] == expected;
            expected *= lengths[axis];
            repeatsRows &= axis == lengths.Length - 1 || own[axis] == 0;
        }

        bool segments = lengths[^1] >= ShortRow;
        return dense && lengths[^1] > 1 ? InputForm.Dense
            : segments && own[^1] == 1 ? InputForm.RowInPlace
            : repeatsRows && (!segments || own[^1] == 0) ? InputForm.FillOnce
            : InputForm.Fill;
    }

    private static TItem[] Pinned<TItem>(IEnumerable<TItem> items)
        where TItem : unmanaged
    {
        TItem[] source = [.. items];
        TItem[] copy = GC.AllocateUninitializedArray<TItem>(source.Length, pinned: true);
        source.CopyTo(copy, 0);
        return copy;
    }

    private static TItem* Address<TItem>(TItem[] pinned)
        where TItem : unmanaged =>
        (TItem*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    /// <summary>How the elements of an input get into a block.</summary>
    internal enum InputForm
    {
        /// <summary>They lie as in the output.</summary>
        Dense,

        /// <summary>A segment of a row lies in the input as it is needed.</summary>
        RowInPlace,

        /// <summary>Copied, once for all blocks of a part, because every block needs the same.</summary>
        FillOnce,

        /// <summary>Copied for every block.</summary>
        Fill,
    }
}

/// <summary>The addresses behind a <see cref="BroadcastWalk"/>.</summary>
internal readonly unsafe struct BroadcastWalkView
{
    private readonly int* lengths;
    private readonly nint* strides;
    private readonly BroadcastWalk.InputForm* forms;
    private readonly int inner;
    private readonly long rows;
    private readonly int segmentsPerRow;
    private readonly int segment;
    private readonly int rowsPerBlock;

    public BroadcastWalkView(int inputCount, int bufferCount, int rank, int* lengths, nint* strides, BroadcastWalk.InputForm* forms)
    {
        InputCount = inputCount;
        BufferCount = bufferCount;
        Rank = rank;
        this.lengths = lengths;
        this.strides = strides;
        this.forms = forms;
        inner = lengths[rank - 1];
        rows = 1;
        for (int axis = 0; axis < rank - 1; axis++)
        {
            rows *= lengths[axis];
        }

        segmentsPerRow = (inner + ElementwiseProgram.BlockLength - 1) / ElementwiseProgram.BlockLength;
        segment = Math.Min(inner, (((inner + segmentsPerRow - 1) / segmentsPerRow) + 15) / 16 * 16);
        rowsPerBlock = inner >= ElementwiseProgram.BlockLength / 2 ? 1 : ElementwiseProgram.BlockLength / inner;
        Blocks = rowsPerBlock == 1 ? rows * segmentsPerRow : (rows + rowsPerBlock - 1) / rowsPerBlock;
    }

    public int InputCount { get; }

    public int BufferCount { get; }

    public int Rank { get; }

    /// <summary>How many blocks there are.</summary>
    public long Blocks { get; }

    /// <summary>The elements of the output that a block holds.</summary>
    public BroadcastPlace Locate(long block)
    {
        if (rowsPerBlock > 1)
        {
            long first = block * rowsPerBlock;
            return new BroadcastPlace(first * inner, (int)Math.Min(rowsPerBlock, rows - first) * inner, first, 0);
        }

        (long row, long part) = segmentsPerRow == 1 ? (block, 0) : Math.DivRem(block, segmentsPerRow);
        long within = part * segment;
        return new BroadcastPlace((row * inner) + within, (int)Math.Max(0, Math.Min(segment, inner - within)), row, (nint)within);
    }

    /// <summary>Floats of a row.</summary>
    public int RowLength => inner;

    /// <summary>Floats from a row of an input to the next, up to where the axis before the last ends.</summary>
    public nint RowStep(int input) => Rank == 1 ? 0 : strides[(input * Rank) + Rank - 2];

    /// <summary>
    /// How many blocks from one on, at most up to another, follow each other steadily: as one long block if there is one axis, otherwise
    /// as whole rows.
    /// </summary>
    /// <param name="block">The first.</param>
    /// <param name="end">The block behind the last.</param>
    /// <param name="length">Elements of the long block or of a row.</param>
    public int SteadyBlocks(long block, long end, out int length)
    {
        if (Rank == 1)
        {
            long first = block * segment;
            length = (int)(Math.Min(inner, end * segment) - first);
            return (int)(end - block);
        }

        length = Locate(block).Count;
        long left = lengths[Rank - 2] - (block % lengths[Rank - 2]);
        return segmentsPerRow == 1 && rowsPerBlock == 1 ? (int)Math.Min(end - block, left) : 1;
    }

    /// <summary>Where the elements of an input for a block are: in the input itself, or in <paramref name="buffer"/>, filled now.</summary>
    /// <param name="input">Which input.</param>
    /// <param name="data">Its first element.</param>
    /// <param name="place">The block.</param>
    /// <param name="buffer">Memory of one block for this input.</param>
    /// <param name="first">True for the first block that uses this buffer.</param>
    public float* Block(int input, float* data, in BroadcastPlace place, float* buffer, bool first)
    {
        nint* own = strides + (input * Rank);
        switch (forms[input])
        {
            case BroadcastWalk.InputForm.Dense:
                return data + place.Start;
            case BroadcastWalk.InputForm.RowInPlace:
                return data + RowOffset(own, place.Row) + place.Within;
            case BroadcastWalk.InputForm.FillOnce:
                if (first)
                {
                    Fill(own, data, place, rowsPerBlock > 1 ? rowsPerBlock * inner : segment, buffer);
                }

                return buffer;
            default:
                Fill(own, data, place, place.Count, buffer);
                return buffer;
        }
    }

    private void Fill(nint* own, float* data, in BroadcastPlace place, int count, float* buffer)
    {
        nint step = own[Rank - 1];
        long row = place.Row;
        int length = Math.Min(inner, count);
        for (int filled = 0; filled < count; filled += length, row++)
        {
            float* source = data + RowOffset(own, row) + (place.Within * step);
            if (step == 1)
            {
                new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(buffer + filled, length));
            }
            else if (step == 0)
            {
                new Span<float>(buffer + filled, length).Fill(*source);
            }
            else
            {
                for (int i = 0; i < length; i++)
                {
                    buffer[filled + i] = source[i * step];
                }
            }
        }
    }

    private nint RowOffset(nint* own, long row)
    {
        nint offset = 0;
        for (int axis = Rank - 2; axis > 0; axis--)
        {
            long above = row / lengths[axis];
            offset += (nint)(row - (above * lengths[axis])) * own[axis];
            row = above;
        }

        return Rank > 1 ? offset + ((nint)row * own[0]) : offset;
    }
}

/// <summary>A block of the output of a <see cref="BroadcastWalk"/>.</summary>
/// <param name="Start">Its first element in the output.</param>
/// <param name="Count">How many elements it holds.</param>
/// <param name="Row">The row that it begins in.</param>
/// <param name="Within">Where in that row.</param>
internal readonly record struct BroadcastPlace(long Start, int Count, long Row, nint Within);
