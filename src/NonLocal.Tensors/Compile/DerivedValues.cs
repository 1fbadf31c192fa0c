using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// What a program needs that is made of variables only: kept copies, shared by all programs through the first variable they are made of,
/// and the steps that make them. What is only needed on the way (a folded weight before it is packed) lives in passing memory.
/// </summary>
internal sealed unsafe class DerivedValues(Func<Node, Binding, Step> bind, WorkerPool pool)
{
    private readonly Func<Node, Binding, Step> bind = bind;
    private readonly WorkerPool pool = pool;
    private readonly Dictionary<string, DerivedCopy> copies = [];
    private readonly List<(DerivedCopy Copy, Pipeline Make)> preparations = [];
    private readonly MemoryBlock passing = new();
    private long passingFloats;
    private bool preparedBefore;

    /// <summary>Floats of all kept copies.</summary>
    public long Floats => copies.Values.Sum(copy => copy.Memory.Length);

    /// <summary>Where a value of this kind is found: in its variable, or in a kept copy.</summary>
    public Operand Keep(Value value)
    {
        Value origin = Origin(value);
        Operand operand = Stored(origin) ?? Copy(
            VariableOnly.Key(origin), origin, origin.Shape, static (pipeline, of, to) => pipeline.Make(of, to));
        return new Operand(value.Shape, operand.Block, operand.Offset);
    }

    /// <summary>A kept copy in another form.</summary>
    public Operand Pack(Value value, string form, long floats, Pack pack) => Copy(
        $"{form}<{VariableOnly.Key(value)}",
        value,
        new Shape(checked((int)floats)),
        (pipeline, of, to) =>
        {
            Operand source = pipeline.Make(of, null);
            pipeline.Steps.Add(() => pack(source.Pointer, to.Pointer));
        });

    /// <summary>Makes what is missing or was made from older versions.</summary>
    public void Prepare()
    {
        bool worked = false;
        foreach ((DerivedCopy copy, Pipeline make) in preparations)
        {
            if (copy.IsStale)
            {
                worked = true;
                if (passingFloats > 0)
                {
                    passing.EnsureLength(passingFloats);
                }

                make.Run();
                copy.MarkFresh();
            }
        }

        // At inference this happens once. Where weights change at every step, the memory is kept rather than allocated at every step.
        if (worked && !preparedBefore)
        {
            passing.Release();
            preparedBefore = true;
        }
    }

    private static Operand? Stored(Value value) => value.Node.Operation is ReadVariable read
        ? new Operand(value.Shape, read.Variable.Value.Block, read.Variable.Value.Start)
        : null;

    private static Value Origin(Value value)
    {
        while (Liveness.IsView(value.Node.Operation))
        {
            value = value.Node.Inputs[0];
        }

        return value;
    }

    private Operand Copy(string form, Value value, Shape shape, Action<Pipeline, Value, Operand> fill)
    {
        if (!copies.TryGetValue(form, out DerivedCopy? copy))
        {
            Variable[] sources = VariableOnly.Sources(value)!;
            Dictionary<string, DerivedCopy> shared = sources[0].Derived;
            if (!shared.TryGetValue(form, out copy))
            {
                shared[form] = copy = new DerivedCopy(new MemoryBlock(shape.Count), sources);
            }

            copies[form] = copy;
            Pipeline pipeline = new(this);
            fill(pipeline, value, new Operand(shape, copy.Memory));
            passingFloats = Math.Max(passingFloats, pipeline.Floats);
            preparations.Add((copy, pipeline));
        }

        return new Operand(shape, copy.Memory);
    }

    /// <summary>The steps that make one copy, with what they need on the way.</summary>
    private sealed class Pipeline(DerivedValues owner)
    {
        private readonly Dictionary<Value, Operand> made = [];

        public List<Step> Steps { get; } = [];

        public long Floats { get; private set; }

        /// <summary>Adds the steps that make a value, into <paramref name="to"/> or into passing memory.</summary>
        public Operand Make(Value value, Operand? to)
        {
            Value origin = Origin(value);
            if (!made.TryGetValue(origin, out Operand? operand))
            {
                made[origin] = operand = Stored(origin) ?? Compute(origin, to);
            }

            return operand.Shape == value.Shape ? operand : new Operand(value.Shape, operand.Block, operand.Offset);
        }

        public void Run()
        {
            foreach (Step step in Steps)
            {
                step();
            }
        }

        private Operand Compute(Value value, Operand? to)
        {
            Operand[] inputs = [.. value.Node.Inputs.Select(input => Make(input, null))];
            Operand output = to ?? Passing(value.Shape);
            Steps.Add(owner.bind(value.Node, new DerivedBinding(inputs, [output], owner.pool, Passing)));
            return output;
        }

        // 64 bytes apart, so that every piece starts on a vector boundary.
        private Operand Passing(Shape shape)
        {
            Operand operand = new(shape, owner.passing, Floats);
            Floats += (shape.Count + 15) / 16 * 16;
            return operand;
        }
    }
}
