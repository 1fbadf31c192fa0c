using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>Turns a computation into steps and a memory plan: decides where every value lives and binds the kernels.</summary>
internal sealed unsafe class ProgramBuilder
{
    // Where inputs made of variables lie until it is known whether the kernel reads them or a packed form.
    private static readonly MemoryBlock Nowhere = new();

    private readonly Computation computation;
    private readonly CompileOptions options;
    private readonly Dictionary<Value, Operand> operands = [];
    private readonly Dictionary<Operand, PlannedBuffer> buffers = [];
    private readonly Liveness liveness;
    private readonly AssignmentsInPlace inPlace;

    public ProgramBuilder(Computation computation, CompileOptions options)
    {
        this.computation = computation;
        this.options = options;
        liveness = new Liveness(computation);
        inPlace = new AssignmentsInPlace(computation, liveness);
        Pool = options.Pool ?? WorkerPool.Shared;
        Arena = options.Arena ?? new MemoryBlock();
        Derived = new DerivedValues(Bind, Pool);
    }

    public WorkerPool Pool { get; }

    public MemoryBlock Arena { get; }

    public List<Step> Steps { get; } = [];

    public List<string> StepNames { get; } = [];

    public DerivedValues Derived { get; }

    public List<Operand> Inputs { get; } = [];

    public List<Operand> Outputs { get; } = [];

    public List<(Variable Variable, Operand Value)> Commits { get; } = [];

    /// <summary>Variables whose new value a step writes where the old one was.</summary>
    public List<Variable> WrittenInPlace { get; } = [];

    public long ArenaFloats { get; private set; }

    public void Build()
    {
        foreach (Node node in computation.Graph.Nodes)
        {
            Place(node);
        }

        foreach (Value output in computation.Outputs)
        {
            Outputs.Add(Owned(output));
        }

        foreach ((Variable variable, Value value) in computation.Graph.Assignments)
        {
            // Written after all steps; a value that is itself a variable's memory is copied first, so that swaps work.
            if (!WrittenInPlace.Contains(variable))
            {
                Commits.Add((variable, Owned(value)));
            }
        }

        foreach (Operand kept in Outputs.Concat(Commits.Select(commit => commit.Value)))
        {
            buffers[kept].UsedAt(Steps.Count);
        }

        ArenaFloats = MemoryPlan.Place(buffers.Values.Distinct());
        foreach ((Operand operand, PlannedBuffer buffer) in buffers)
        {
            operand.Offset = buffer.Offset;
        }
    }

    public Operand NewBuffer(Shape shape)
    {
        Operand operand = new(shape, Arena);
        buffers[operand] = new PlannedBuffer(shape.Count);
        return operand;
    }

    public void UseNow(Operand operand) => buffers[operand].UsedAt(Steps.Count);

    private void Place(Node node)
    {
        if (VariableOnly.Sources(node.Outputs[0]) != null)
        {
            // Made when something asks for it, in the form it asks for.
            return;
        }

        switch (node.Operation)
        {
            case GraphInput:
                Inputs.Add(operands[node.Outputs[0]] = new Operand(node.Outputs[0].Shape, new MemoryBlock(node.Outputs[0].Shape.Count)));
                return;
            case ReadVariable read:
                operands[node.Outputs[0]] = new Operand(read.Variable.Shape, read.Variable.Value.Block, read.Variable.Value.Start);
                return;
            case Constant constant:
                operands[node.Outputs[0]] = new Operand(constant.Tensor.Shape, constant.Tensor.Block, constant.Tensor.Start);
                return;
            case Number number:
                operands[node.Outputs[0]] = Fixed((float)number.Content);
                return;
            case { } view when Liveness.IsView(view):
                Alias(node.Outputs[0], node.Inputs[0]);
                return;
        }

        PlaceStep(node);
    }

    private static Operand Fixed(float number)
    {
        MemoryBlock block = new(1);
        *block.Pointer = number;
        return new Operand(Shape.Scalar, block);
    }

    // The same memory under another shape.
    private void Alias(Value view, Value source)
    {
        Operand original = operands[source];
        Operand operand = new(view.Shape, original.Block, original.Offset);
        operands[view] = operand;
        if (buffers.TryGetValue(original, out PlannedBuffer? buffer))
        {
            buffers[operand] = buffer;
        }
    }

    private void PlaceStep(Node node)
    {
        Operand[] inputs = [.. node.Inputs.Select(input => operands.GetValueOrDefault(input) ?? new Operand(input.Shape, Nowhere))];
        Operand[] outputs = PlaceOutputs(node);

        for (int i = 0; i < outputs.Length; i++)
        {
            operands[node.Outputs[i]] = outputs[i];
        }

        foreach (Operand operand in inputs.Concat(outputs))
        {
            if (buffers.TryGetValue(operand, out PlannedBuffer? buffer))
            {
                buffer.UsedAt(Steps.Count);
            }
        }

        StepBinding binding = new(this, node, inputs, outputs);
        Steps.Add(Bind(node, binding));
        StepNames.Add(node.ToString());
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Block == Nowhere && !binding.IsPacked(i))
            {
                inputs[i].MoveTo(Derived.Keep(node.Inputs[i]));
            }
        }
    }

    private Operand[] PlaceOutputs(Node node)
    {
        if (options.ReuseInPlace && inPlace.VariableFor(node) is { } variable)
        {
            WrittenInPlace.Add(variable);
            return [new Operand(node.Outputs[0].Shape, variable.Value.Block, variable.Value.Start)];
        }

        Operand[] outputs = [.. node.Outputs.Select(output => NewBuffer(output.Shape))];
        if (options.ReuseInPlace && Overwritten(node) is { } overwritten)
        {
            buffers[outputs[0]] = overwritten;
        }

        return outputs;
    }

    // The buffer of an input that ends here and that the kernel may write over; null: none.
    private PlannedBuffer? Overwritten(Node node)
    {
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            Value input = node.Inputs[i];
            if (input.Shape == node.Outputs[0].Shape && node.Operation.MayOverwrite(i) && liveness.EndsAt(input, node)
                && operands.TryGetValue(input, out Operand? operand) && buffers.TryGetValue(operand, out PlannedBuffer? buffer))
            {
                return buffer;
            }
        }

        return null;
    }

    private Step Bind(Node node, Binding binding) =>
        (options.LiteralKernels ? null : node.Operation.Bind(binding)) ?? LiteralStep(node, [.. binding.Inputs], [.. binding.Outputs]);

    private static Step LiteralStep(Node node, Operand[] inputs, Operand[] outputs)
    {
        Evaluation<float> evaluation = new(node);
        return () =>
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                evaluation.SetInput(i, inputs[i].Pointer);
            }

            for (int i = 0; i < outputs.Length; i++)
            {
                evaluation.SetOutput(i, outputs[i].Pointer);
            }

            node.Operation.Define(evaluation);
        };
    }

    // Outputs and assigned values need arena memory of their own; inputs, variables and derived copies are copied there.
    private Operand Owned(Value value)
    {
        Operand operand = operands.GetValueOrDefault(value) ?? Derived.Keep(value);
        if (buffers.ContainsKey(operand))
        {
            return operand;
        }

        Operand copy = NewBuffer(value.Shape);
        UseNow(copy);
        long bytes = value.Shape.Count * sizeof(float);
        Steps.Add(() => Buffer.MemoryCopy(operand.Pointer, copy.Pointer, bytes, bytes));
        StepNames.Add($"copy of {value}");
        return operands[value] = copy;
    }
}
