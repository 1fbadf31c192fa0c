using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>
/// One step of training: forward, loss, gradients, update. Where something has to happen between gradients and update, these are two
/// programs with accumulators between them; else one.
/// </summary>
/// <remarks>Running allocates nothing. State (accumulators, slots, averages) lies in variables.</remarks>
public sealed class LearningStep
{
    private const string StepInput = "step";
    private const string ScaleInput = "scale";
    private readonly Program gradients;
    private readonly Program update;
    private readonly Tensor? stepNumber;
    private readonly Tensor? scale;
    private readonly Tensor[] rates;
    private readonly double[] numbers;
    private readonly Tensor? norm;
    private readonly Variable[] accumulators;
    private int accumulated;

    private LearningStep(Program gradients, Program update, ParameterUpdate state, int parts, Variable[] accumulators)
    {
        this.gradients = gradients;
        this.update = update;
        Update = state;
        Parts = parts;
        this.accumulators = accumulators;
        stepNumber = Find(gradients, StepInput);
        scale = Find(update, ScaleInput);
        rates = [.. Enumerable.Range(0, state.Rule.Optimizer.RateCount).Select(i => Find(update, ParameterUpdate.RateName(i))!)];
        numbers = new double[rates.Length];
        norm = state.Rule.MaximumNorm is null ? null : update.Outputs[^1];
        IReadOnlyList<string> names = gradients.Graph.InputNames;
        Inputs = [.. gradients.Inputs.Where((_, i) => names[i] != StepInput && !names[i].StartsWith("rate ", StringComparison.Ordinal))];
    }

    /// <summary>To be filled before every run: 0 is x, then what the loss asked for.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>The mean loss of the last micro-batch.</summary>
    public float Loss => gradients.Outputs[0].Span[0];

    /// <summary>What the network answered to the last micro-batch.</summary>
    public Tensor Prediction => gradients.Outputs[1];

    /// <summary>The global norm of the last step's gradients before clipping; null without clipping.</summary>
    public float? GradientNorm => norm?.Span[0];

    /// <summary>The state of the update.</summary>
    public ParameterUpdate Update { get; }

    /// <summary>How many micro-batches make a step.</summary>
    public int Parts { get; }

    /// <summary>Sums of gradients between the two programs, in the order of the parameters; none when there is one program.</summary>
    public IReadOnlyList<Variable> Accumulators => accumulators;

    /// <summary>Working memory, inputs, outputs and packed copies in bytes; exact and known before the first run.</summary>
    public long ProgramBytes => BytesOf(gradients) + (ReferenceEquals(gradients, update) ? 0 : BytesOf(update));

    /// <summary>Builds and compiles.</summary>
    /// <param name="layer">Trained as <see cref="TrainingStep.Compile"/> says.</param>
    /// <param name="input">The whole input shape of one micro-batch.</param>
    /// <param name="loss">From the prediction to one number, a mean over the batch; makes its own inputs, such as the targets.</param>
    /// <param name="state">Of the same layer.</param>
    /// <param name="parts">How many micro-batches make a step; their gradients are averaged.</param>
    /// <param name="seam">Keep two programs although a step has one part.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or the loss is not one number.</exception>
    public static LearningStep Compile(
        Layer layer,
        Shape input,
        Func<Value, Value> loss,
        ParameterUpdate state,
        int parts = 1,
        bool seam = false,
        CompileOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        Graph graph = new();
        (Value value, Value prediction) = TrainingStep.BuildLoss(graph, layer, input, loss);
        Value?[] all = Differentiation.Gradients(value, [.. state.Parameters.Select(parameter => graph.Read(parameter.Variable))]);
        ModuleVariable[] reached = [.. state.Parameters.Where((_, i) => all[i] is not null)];
        Value[] gradients = [.. all.OfType<Value>()];
        if (parts == 1 && !seam)
        {
            Value? norm = state.AddTo(graph, reached, gradients);
            Program whole = Program.Compile(graph, norm is null ? [value, prediction] : [value, prediction, norm], options);
            return new LearningStep(whole, whole, state, parts, []);
        }

        Variable[] accumulators =
        [
            .. reached.Select(entry => new Variable($"{entry.Name}.gradient", new Tensor(entry.Variable.Shape), VariableKind.State)),
        ];
        for (int i = 0; i < accumulators.Length; i++)
        {
            graph.Assign(accumulators[i], graph.Read(accumulators[i]) + gradients[i]);
        }

        Program first = Program.Compile(graph, [value, prediction], options);
        return new LearningStep(first, CompileUpdate(state, reached, accumulators, options), state, parts, accumulators);
    }

    /// <summary>Runs one micro-batch, and the update after the last one of a step.</summary>
    /// <param name="learningRate">The rate of this step; read at its last micro-batch.</param>
    /// <param name="step">0 for the first step.</param>
    /// <returns>Whether the parameters were moved.</returns>
    public bool Run(double learningRate, long step)
    {
        // Dropout draws other numbers in every micro-batch.
        if (stepNumber != null)
        {
            stepNumber.Span[0] = (step * Parts) + accumulated;
        }

        SetRates(learningRate, step);
        gradients.Run();
        accumulated++;
        if (accumulated < Parts)
        {
            return false;
        }

        if (!ReferenceEquals(gradients, update))
        {
            scale!.Span[0] = 1f / accumulated;
            update.Run();
            foreach (Variable accumulator in accumulators)
            {
                accumulator.Value.Span.Clear();
                accumulator.MarkChanged();
            }
        }

        accumulated = 0;
        return true;
    }

    /// <summary>What one program takes.</summary>
    internal static long BytesOf(Program program) =>
        program.ArenaBytes + program.InputBytes + program.OutputBytes + program.PackedBytes;

    private static Program CompileUpdate(
        ParameterUpdate state, ModuleVariable[] parameters, Variable[] accumulators, CompileOptions? options)
    {
        Graph graph = new();
        Value scale = graph.Input(ScaleInput, Shape.Scalar);
        Value? norm = state.AddTo(graph, parameters, [.. accumulators.Select(accumulator => graph.Read(accumulator) * scale)]);
        return Program.Compile(graph, norm is null ? [] : [norm], options);
    }

    private static Tensor? Find(Program program, string name)
    {
        for (int i = 0; i < program.Inputs.Count; i++)
        {
            if (program.Graph.InputNames[i] == name)
            {
                return program.Inputs[i];
            }
        }

        return null;
    }

    private void SetRates(double learningRate, long step)
    {
        Update.Rule.Optimizer.Rates(learningRate, step + 1, numbers);
        for (int i = 0; i < rates.Length; i++)
        {
            rates[i].Span[0] = (float)numbers[i];
        }
    }
}
