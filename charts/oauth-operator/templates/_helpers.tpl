{{/* The first part of all names: that of the release, which has the chart's name in it. */}}
{{- define "oauth-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of everything. */}}
{{- define "oauth-operator.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of everything that is about the operator's pods. */}}
{{- define "oauth-operator.managerLabels" -}}
{{ include "oauth-operator.labels" . }}
app.kubernetes.io/component: manager
{{- end -}}

{{/* What selects the operator's pods. */}}
{{- define "oauth-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/component: manager
{{- end -}}

{{/* The shards, each a Deployment, as a list; without any, one that has everything. */}}
{{- define "oauth-operator.shards" -}}
{{- .Values.shards | default (list dict) | toYaml -}}
{{- end -}}

{{/* The name of what there is for each shard, given as dict "root" $ "shard" SHARD. */}}
{{- define "oauth-operator.managerName" -}}
{{ include "oauth-operator.fullname" .root }}-manager{{ with .shard.name }}-{{ . }}{{ end }}
{{- end -}}

{{/* What selects the pods of one shard, given likewise. */}}
{{- define "oauth-operator.shardSelector" -}}
{{ include "oauth-operator.selector" .root }}
{{- with .shard.name }}
oauth-operator.dev/shard: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of what there is for each shard, given likewise. */}}
{{- define "oauth-operator.shardLabels" -}}
{{ include "oauth-operator.managerLabels" .root }}
{{- with .shard.name }}
oauth-operator.dev/shard: {{ . }}
{{- end }}
{{- end -}}

{{- define "oauth-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A manifest of files/, given as dict "root" $ "manifest" TEXT, by the release's name, with its labels, in its namespace if it has one. */}}
{{- define "oauth-operator.manifest" -}}
{{- $object := fromYaml .manifest -}}
{{- $_ := set $object.metadata "name" (printf "%s-%s" (include "oauth-operator.fullname" .root) $object.metadata.name) -}}
{{- if $object.metadata.namespace -}}
{{- $_ := set $object.metadata "namespace" .root.Release.Namespace -}}
{{- end -}}
{{- $_ := set $object.metadata "labels" (merge ($object.metadata.labels | default dict) (fromYaml (include "oauth-operator.labels" .root))) -}}
{{- if hasKey ($object.spec | default dict) "policyName" -}}
{{- $_ := set $object.spec "policyName" (printf "%s-%s" (include "oauth-operator.fullname" .root) $object.spec.policyName) -}}
{{- end -}}
{{- toYaml $object -}}
{{- end -}}

{{/* A binding of the operator's ServiceAccount, given as dict "root" $ "role" KIND "name" NAME "as" NAME "namespace" NAMESPACE ("" for all). */}}
{{- define "oauth-operator.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if .namespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}
metadata:
  name: {{ include "oauth-operator.fullname" .root }}-{{ .as }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "oauth-operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .role }}
  name: {{ include "oauth-operator.fullname" .root }}-{{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "oauth-operator.fullname" .root }}-manager
    namespace: {{ .root.Release.Namespace }}
{{- end -}}
