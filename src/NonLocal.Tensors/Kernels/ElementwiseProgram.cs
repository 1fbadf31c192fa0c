using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Element-wise steps over operands that repeat along axes, in one pass over memory: a block of the output at a time, intermediate
/// results in blocks that stay in the first-level cache. The output may lie over an input of its own shape.
/// </summary>
/// <remarks>Made once for given shapes; running it allocates nothing.</remarks>
internal sealed unsafe class ElementwiseProgram
{
    /// <summary>Floats of a block.</summary>
    internal const int BlockLength = 1024;

    // 32 blocks of work are worth waking a thread.
    private const int BlocksPerPart = 32;

    private readonly BroadcastWalk walk;
    private readonly PlacedStep[] steps;
    private readonly int registers;

    /// <summary>A program.</summary>
    /// <param name="lengths">The output's axis lengths.</param>
    /// <param name="strides">
    /// For each input, the floats from one element to the next along every axis of the output; 0 where it repeats.
    /// </param>
    /// <param name="program">The steps; the last makes the output.</param>
    public ElementwiseProgram(ReadOnlySpan<int> lengths, ReadOnlySpan<int[]> strides, ReadOnlySpan<ElementwiseStep> program)
    {
        walk = new BroadcastWalk(lengths, strides);
        steps = GC.AllocateArray<PlacedStep>(program.Length, pinned: true);
        registers = PlaceSteps(program, strides.Length, steps);
    }

    /// <summary>Scratch that <see cref="Run"/> needs.</summary>
    public long ScratchFloats(int threads) => (long)threads * ScratchPerWorker;

    private int ScratchPerWorker => (walk.BufferCount + registers) * BlockLength;

    /// <summary>Runs the program.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="inputs">The first element of each input.</param>
    /// <param name="output">The first element of the output.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchFloats"/> says.</param>
    public void Run(WorkerPool pool, float** inputs, float* output, float* scratch)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, inputs, output, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, inputs, output, scratch);
        }
        else
        {
            Run<Simd128>(pool, inputs, output, scratch);
        }
    }

    private void Run<T>(WorkerPool pool, float** inputs, float* output, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        fixed (PlacedStep* first = steps)
        {
            Job<T> job = new()
            {
                Walk = walk.View,
                Steps = first,
                StepCount = steps.Length,
                Registers = registers,
                Inputs = inputs,
                Output = output,
                Scratch = scratch,
                ScratchPerWorker = ScratchPerWorker,
            };
            pool.Run(ref job, (int)((walk.View.Blocks + BlocksPerPart - 1) / BlocksPerPart));
        }

        // The job holds addresses of memory that belongs to this object.
        GC.KeepAlive(this);
    }

    // Gives every intermediate result a register; a register is free again after its last reader.
    private static int PlaceSteps(ReadOnlySpan<ElementwiseStep> program, int inputs, Span<PlacedStep> placed)
    {
        int[] lastReader = new int[inputs + program.Length];
        for (int s = 0; s < program.Length; s++)
        {
            lastReader[program[s].First] = s;
            if (program[s].Second >= 0)
            {
                lastReader[program[s].Second] = s;
            }
        }

        int[] place = new int[inputs + program.Length];
        List<int> busyUntil = [];
        for (int s = 0; s < program.Length; s++)
        {
            int Operand(int number) => number < inputs ? number : place[number];
            ElementwiseStep step = program[s];
            int first = Operand(step.First);
            int second = step.Second < 0 ? first : Operand(step.Second);
            if (s == program.Length - 1)
            {
                placed[s] = new PlacedStep(step, first, second, -1);
                break;
            }

            int free = busyUntil.FindIndex(until => until <= s);
            if (free < 0)
            {
                free = busyUntil.Count;
                busyUntil.Add(0);
            }

            busyUntil[free] = lastReader[inputs + s];
            place[inputs + s] = inputs + free;
            placed[s] = new PlacedStep(step, first, second, inputs + free);
        }

        return busyUntil.Count;
    }

    /// <summary>A step with the numbers of the blocks that it reads and writes; −1 is the output.</summary>
    private readonly record struct PlacedStep(ElementwiseStep Step, int First, int Second, int Target);

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public BroadcastWalkView Walk;
        public PlacedStep* Steps;
        public int StepCount;
        public int Registers;
        public float** Inputs;
        public float* Output;
        public float* Scratch;
        public int ScratchPerWorker;

        public readonly void Execute(int index, int worker)
        {
            long start = (long)index * BlocksPerPart;
            long end = Math.Min(start + BlocksPerPart, Walk.Blocks);
            if (StepCount == 1 && Walk.BufferCount == 0)
            {
                RunRows(start, end);
            }
            else
            {
                RunBlocks(start, end, worker);
            }
        }

        // Nothing is kept between steps and nothing copied, so that blocks need not be small.
        private readonly void RunRows(long block, long end)
        {
            PlacedStep step = Steps[0];
            while (block < end)
            {
                BroadcastPlace place = Walk.Locate(block);
                int blocks = Walk.SteadyBlocks(block, end, out int length);
                ElementwiseRows rows = new(
                    Walk.Rank == 1 ? 1 : blocks, length, Walk.RowStep(step.First), Walk.RowStep(step.Second), Walk.RowLength);
                float* first = Walk.Block(step.First, Inputs[step.First], place, null, false);
                float* second = Walk.Block(step.Second, Inputs[step.Second], place, null, false);
                ElementwiseBlock.Run<T>(step.Step, first, second, Output + place.Start, rows);
                block += blocks;
            }
        }

        private readonly void RunBlocks(long start, long end, int worker)
        {
            int inputs = Walk.InputCount;
            float* own = Scratch + ((nint)worker * ScratchPerWorker);
            float** blocks = stackalloc float*[inputs + Registers];
            for (int register = 0; register < Registers; register++)
            {
                blocks[inputs + register] = own + ((nint)(Walk.BufferCount + register) * BlockLength);
            }

            bool first = true;
            for (long block = start; block < end; block++)
            {
                BroadcastPlace place = Walk.Locate(block);
                float* buffer = own;
                for (int input = 0; input < inputs; input++)
                {
                    blocks[input] = Walk.Block(input, Inputs[input], place, buffer, first);
                    buffer += blocks[input] == buffer ? BlockLength : 0;
                }

                first = false;
                for (int s = 0; s < StepCount; s++)
                {
                    PlacedStep step = Steps[s];
                    float* target = step.Target < 0 ? Output + place.Start : blocks[step.Target];
                    ElementwiseBlock.Run<T>(step.Step, blocks[step.First], blocks[step.Second], target, ElementwiseRows.One(place.Count));
                }
            }
        }
    }
}
