using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>
/// Group norm: the channels of each sample in groups of neighbours, each over all positions, normalised to mean 0 and variance 1, then
/// · weight +
/// bias of the channel.
/// </summary>
public sealed class GroupNorm : Layer
{
    private readonly int groups;
    private readonly double epsilon;
    private readonly Variable? weight;
    private readonly Variable? bias;

    /// <summary>A group norm.</summary>
    /// <param name="groups">How many groups; as many as channels is instance norm.</param>
    /// <param name="channels">Length of the last axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">With learned weight and bias.</param>
    /// <param name="initializer">First weight; null: ones.</param>
    /// <exception cref="ShapeException">The groups do not divide the channels.</exception>
    public GroupNorm(int groups, int channels, double epsilon = 1e-5, bool affine = true, Initializer? initializer = null)
    {
        if (groups < 1 || channels % groups != 0)
        {
            throw new ShapeException($"{channels} channels cannot be cut into {groups} groups.");
        }

        this.groups = groups;
        this.epsilon = epsilon;
        if (affine)
        {
            weight = Parameter("weight", [channels], initializer ?? Initializers.Ones);
            bias = Parameter("bias", [channels], Initializers.Zeros);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) =>
        x.GroupNorm(groups, weight is null ? null : x.Graph.Read(weight), bias is null ? null : x.Graph.Read(bias), epsilon);
}
