using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>What a kernel is bound with in tests: every operand lies between guards, outputs and scratch are full of NaN.</summary>
internal sealed class GuardedMemory : Binding
{
    private const float Canary = -54321.123f;
    private const int Guard = 64;

    private readonly List<(MemoryBlock Block, int Length, string Name)> guarded;

    private GuardedMemory(Operand[] inputs, Operand[] outputs, WorkerPool pool, List<(MemoryBlock Block, int Length, string Name)> guarded)
        : base(inputs, outputs, pool) =>
        this.guarded = guarded;

    /// <summary>
    /// Operands with the given inputs; output 0 shares the memory of input <paramref name="overwritten"/> when that is not −1.
    /// </summary>
    public static GuardedMemory Create(Shape[] inputShapes, float[][] inputs, Shape[] outputShapes, WorkerPool pool, int overwritten = -1)
    {
        List<(MemoryBlock Block, int Length, string Name)> guarded = [];
        Operand[] sources = new Operand[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            sources[i] = Allocate(inputShapes[i], guarded, $"input {i}");
            inputs[i].CopyTo(Content(sources[i]));
        }

        Operand[] targets = new Operand[outputShapes.Length];
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = i == 0 && overwritten >= 0 ? sources[overwritten] : Allocate(outputShapes[i], guarded, $"output {i}");
        }

        return new GuardedMemory(sources, targets, pool, guarded);
    }

    /// <summary>The elements of an operand.</summary>
    public static Span<float> Content(Operand operand) => operand.Block.Span(Guard, (int)operand.Count);

    /// <inheritdoc/>
    public override Operand Scratch(long floats) => Allocate(new Shape((int)Math.Max(1, floats)), guarded, "scratch");

    /// <inheritdoc/>
    public override Operand? Packed(int input, string form, long floats, Pack pack) => null;

    /// <summary>Fails when a guard has changed.</summary>
    public void AssertGuardsUntouched()
    {
        foreach ((MemoryBlock block, int length, string name) in guarded)
        {
            Assert.True(
                block.Span(0, Guard).IndexOfAnyExcept(Canary) < 0 && block.Span(Guard + length, Guard).IndexOfAnyExcept(Canary) < 0,
                $"the kernel wrote outside {name}");
        }
    }

    private static Operand Allocate(Shape shape, List<(MemoryBlock Block, int Length, string Name)> guarded, string name)
    {
        int length = (int)shape.Count;
        MemoryBlock block = new(length + (2 * Guard));
        block.Span(0, Guard).Fill(Canary);
        block.Span(Guard, length).Fill(float.NaN);
        block.Span(Guard + length, Guard).Fill(Canary);
        guarded.Add((block, length, name));
        return new Operand(shape, block, Guard);
    }
}
