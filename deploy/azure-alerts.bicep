// An action group that calls Countersign's /alerts, and rules for one Azure OpenAI account.
// It was not compiled where it was written: `az bicep build`, then `az deployment group what-if`.
// The thresholds are a beginning; set them to your traffic. docs/alerts.md says what becomes of an alert.

@description('The name of the Azure OpenAI account in this resource group.')
param accountName string

@description('The public address of Countersign, such as https://countersign.example.org/alerts')
param alertsUrl string

@description('COUNTERSIGN_ALERT_TENANT')
param tenantId string = tenant().tenantId

@description('COUNTERSIGN_ALERT_AUDIENCE: the identifier URI of the app registration')
param audience string

@description('The object id of the app registration')
param applicationObjectId string

@description('Calls refused with HTTP 429 in five minutes, for each deployment')
param throttledCalls int = 300

@description('Calls failed with HTTP 5xx in five minutes, for each deployment')
param failedCalls int = 25

@description('Calls stopped by the content filter in five minutes, for each deployment')
param blockedCalls int = 25

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = {
  name: accountName
}

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'countersign'
  location: 'global'
  properties: {
    groupShortName: 'countersign'
    enabled: true
    webhookReceivers: [
      {
        name: 'countersign'
        serviceUri: alertsUrl
        useCommonAlertSchema: true
        useAadAuth: true
        tenantId: tenantId
        identifierUri: audience
        objectId: applicationObjectId
      }
    ]
  }
}

var deployments = { name: 'ModelDeploymentName', operator: 'Include', values: [ '*' ] }
var counted = [
  {
    name: 'countersign-http-429'
    severity: 2
    metric: 'AzureOpenAIRequests'
    threshold: throttledCalls
    dimensions: [ deployments, { name: 'StatusCode', operator: 'Include', values: [ '429' ] } ]
  }
  {
    name: 'countersign-http-5xx'
    severity: 1
    metric: 'AzureOpenAIRequests'
    threshold: failedCalls
    dimensions: [ deployments, { name: 'StatusCode', operator: 'Include', values: [ '500', '502', '503', '504' ] } ]
  }
  {
    name: 'countersign-content-filter'
    severity: 2
    metric: 'RAIRejectedRequests'
    threshold: blockedCalls
    dimensions: [ deployments ]
  }
]

resource counts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in counted: {
    name: rule.name
    location: 'global'
    properties: {
      severity: rule.severity
      enabled: true
      scopes: [ account.id ]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'calls'
            criterionType: 'StaticThresholdCriterion'
            metricName: rule.metric
            dimensions: rule.dimensions
            operator: 'GreaterThan'
            threshold: rule.threshold
            timeAggregation: 'Total'
          }
        ]
      }
      actions: [ { actionGroupId: group.id } ]
    }
  }
]

resource latency 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'countersign-latency'
  location: 'global'
  properties: {
    severity: 2
    enabled: true
    scopes: [ account.id ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'latency'
          criterionType: 'DynamicThresholdCriterion'
          metricName: 'AzureOpenAITimeToResponse'
          dimensions: [ deployments ]
          operator: 'GreaterThan'
          alertSensitivity: 'Low'
          failingPeriods: { numberOfEvaluationPeriods: 4, minFailingPeriodsToAlert: 3 }
          timeAggregation: 'Average'
        }
      ]
    }
    actions: [ { actionGroupId: group.id } ]
  }
}

var logged = [
  { name: 'countersign-deployment-deleted', verb: 'delete', status: 'Succeeded' }
  { name: 'countersign-deployment-failed', verb: 'write', status: 'Failed' }
]

resource writes 'Microsoft.Insights/activityLogAlerts@2020-10-01' = [
  for rule in logged: {
    name: rule.name
    location: 'global'
    properties: {
      enabled: true
      scopes: [ account.id ]
      condition: {
        allOf: [
          { field: 'category', equals: 'Administrative' }
          { field: 'operationName', equals: 'Microsoft.CognitiveServices/accounts/deployments/${rule.verb}' }
          { field: 'status', equals: rule.status }
        ]
      }
      actions: { actionGroups: [ { actionGroupId: group.id } ] }
    }
  }
]
